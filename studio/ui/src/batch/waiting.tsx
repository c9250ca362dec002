import { useEffect, useRef, useState } from 'react';
import { contactsHref } from '../batches/batch-row';
import { ButtonLink } from '../components/button';
import { Notice, type Tone } from '../components/notice';
import { days, waits as words } from '../messages/batch';
import { pauseReason, waitingFor } from '../messages/words';
import { money, span, useInstants, zoneCity } from '../state/format';
import { useNow } from '../state/now';
import type { Batch } from './use-batch';

/** Monday to Friday 09:00–18:00, New York. */
export function windowText({ days: open, opens, closes, timezone }: NonNullable<Batch['callWindow']>) {
  const when = open.length === 0 || open.length === 7 ? 'every day' : open.map((day) => days[day]).join(', ');
  return `${when} ${opens}–${closes}, ${zoneCity(timezone)} time`;
}

/** Says in words what the batch waits for, where it does not dial as fast as it may. */
export function Waiting({ batch }: { batch: Batch }) {
  const { status, progress } = batch;
  if (status === 'CANCELLING') return <Notice tone="info">{words.cancelling(progress.callsInFlight)}</Notice>;
  if (status === 'FAILED') return <Notice tone="bad">{batch.pauseNote ?? words.failed}</Notice>;
  if (status === 'PAUSED') return <Paused batch={batch} />;
  return (
    <>
      <Waits batch={batch} />
      <Stalled batch={batch} />
    </>
  );
}

/** Which calls failed is told by their ids, too; the history keeps them. */
const ATTEMPTS = / Attempts: .*/s;

function Paused({ batch }: { batch: Batch }) {
  const { pauseReason: reason, pauseNote, progress } = batch;
  const flying = progress.callsInFlight > 0 ? words.pausing(progress.callsInFlight) : '';
  const text =
    reason === 'CREDITS' ? words.credits : reason === 'CIRCUIT_BREAKER' ? words.breaker : words.resume;
  return (
    <Notice
      tone={reason === 'PERSON' ? 'warn' : 'bad'}
      title={reason ? pauseReason[reason] : pauseReason.PERSON}
      actions={
        reason === 'CREDITS' ? (
          <ButtonLink compact href="/credits">
            {words.addCredits}
          </ButtonLink>
        ) : (
          reason === 'CIRCUIT_BREAKER' && (
            <ButtonLink compact href={contactsHref(batch, 'unreached')}>
              {words.breakerLook}
            </ButtonLink>
          )
        )
      }
    >
      {pauseNote && <p>{pauseNote.replace(ATTEMPTS, '')}</p>}
      <p>
        {flying} {text} {reason === 'CREDITS' && <Missing batch={batch} />}
      </p>
    </Notice>
  );
}

/** What the rest is expected to cost, beyond what is held for it. */
function Missing({ batch }: { batch: Batch }) {
  const { progress, estimate, heldMicros } = batch;
  const each = progress.total > 0 ? estimate.costMicros / progress.total : 0;
  const missing = Math.max(0, each * progress.contacts.pending - heldMicros);
  return missing > 0 && words.creditsMissing(money(missing));
}

function Waits({ batch }: { batch: Batch }) {
  const now = useNow();
  const instants = useInstants();
  const { progress, scheduledStartTime: start, callWindow } = batch;
  if (!progress.waitingFor) return null;
  const said: Record<typeof progress.waitingFor, [Tone, string]> = {
    START_TIME: [
      'info',
      start
        ? words.startTime(
            instants.short(start),
            zoneCity(instants.zone),
            span((Date.parse(start) - now) / 1000),
          )
        : '',
    ],
    CALL_WINDOW: ['info', callWindow ? words.callWindow(windowText(callWindow)) : ''],
    RETRY: ['info', words.retry(progress.contacts.pending)],
    RESUME: ['warn', words.resume],
    CREDITS: ['bad', words.credits],
    CALLS_IN_FLIGHT: ['info', words.callsInFlight(progress.callsInFlight)],
    CARRIER: ['warn', words.carrier],
    SLOTS: ['info', words.slots],
    OTHER_CARRIER: ['warn', words.otherCarrier],
  };
  const [tone, text] = said[progress.waitingFor];
  return (
    <Notice tone={tone} title={waitingFor[progress.waitingFor]}>
      {text}
    </Notice>
  );
}

const LEAST = 4 * 60_000;

/** Says that nothing moves although something should. */
function Stalled({ batch }: { batch: Batch }) {
  const now = useNow();
  const { status, progress } = batch;
  const { attemptsEnded, callsPerMinute, waitingFor, callsInFlight, contacts } = progress;
  const moved = useRef({ attemptsEnded, at: Date.now() });
  const [since, setSince] = useState(moved.current.at);
  useEffect(() => {
    if (moved.current.attemptsEnded === attemptsEnded) return;
    moved.current = { attemptsEnded, at: Date.now() };
    setSince(moved.current.at);
  }, [attemptsEnded]);
  const usual = callsPerMinute > 0 ? 60_000 / callsPerMinute : LEAST;
  const idle = status === 'RUNNING' && (callsInFlight > 0 || contacts.pending > 0);
  if (!idle || (waitingFor && waitingFor !== 'CARRIER') || now - since < Math.max(LEAST, 3 * usual))
    return null;
  return (
    <Notice tone="warn" title={words.stalled(span((now - since) / 1000))}>
      {words.stalledText(callsInFlight)}
    </Notice>
  );
}
