import { Link } from 'wouter';
import { useActivity } from '../api/activity';
import { contactsHref, finished, isOver } from '../batches/batch-row';
import { etaText } from '../batches/eta';
import { endedBySeries, SERIES } from '../charts/outcome-series';
import { ProgressBar } from '../components/progress-bar';
import { standing as words } from '../messages/batch';
import { count, money, percent, span } from '../state/format';
import { useNow } from '../state/now';
import type { Batch } from './use-batch';

/** The numbers of a batch: how far, how long still, slots and money. */
export function Standing({ batch }: { batch: Batch }) {
  const { progress } = batch;
  const done = finished(progress);
  return (
    <section className="panel standing live-numbers" aria-label={words.finished(done, progress.total)}>
      <div className="how-far">
        <div className="row spread wide">
          <p className="figure">
            <strong data-part="finished">{count(done)}</strong> of {count(progress.total)} finished
          </p>
          <p className="figure share">{percent(done, progress.total)}</p>
        </div>
        <ProgressBar detailed label={batch.name} progress={progress} />
        <Outcomes batch={batch} />
      </div>
      <dl className="figures">
        <Left batch={batch} />
        {!isOver(batch.status) && <Slots batch={batch} />}
        <Pace batch={batch} />
        <Cost batch={batch} />
      </dl>
    </section>
  );
}

/** All contacts by where they are; each number leads to the contacts behind it. */
function Outcomes({ batch }: { batch: Batch }) {
  const { outcomes, contacts } = batch.progress;
  const counts = endedBySeries(outcomes);
  const parts = [
    ...SERIES.map(({ key, label }, i) => ({ key, label: label.toLowerCase(), n: counts[i] ?? 0 })),
    { key: 'dialing', label: words.onPhone, n: contacts.dialing },
    { key: 'waiting', label: words.waiting, n: contacts.pending },
    { key: 'cancelled', label: words.cancelled, n: contacts.cancelled },
  ];
  return (
    <ul className="legend counts">
      {parts.map(
        ({ key, label, n }) =>
          n > 0 && (
            <li key={key}>
              <span className={`series ${key}`} />
              <Link href={contactsHref(batch, key)}>
                <strong>{count(n)}</strong> {label}
              </Link>
            </li>
          ),
      )}
    </ul>
  );
}

function Figure({ label, value, hint }: { label: string; value: React.ReactNode; hint?: React.ReactNode }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd className="value">{value}</dd>
      {hint && <dd className="muted small">{hint}</dd>}
    </div>
  );
}

function Left({ batch }: { batch: Batch }) {
  const now = useNow();
  const { status, progress, startedAt, endedAt } = batch;
  if (isOver(status)) {
    const took = startedAt && endedAt ? (Date.parse(endedAt) - Date.parse(startedAt)) / 1000 : null;
    return took === null ? null : <Figure label={words.took} value={span(took)} />;
  }
  const eta = etaText(progress.eta, now);
  return (
    <Figure
      label={words.left}
      value={eta?.short ?? words.leftNone}
      hint={
        eta
          ? eta.range && words.range(eta.range.replace(' to ', ' and '))
          : progress.attemptsEnded === 0 && words.assuming
      }
    />
  );
}

function Slots({ batch }: { batch: Batch }) {
  const { callsInFlight: all } = useActivity();
  const { callsInFlight, slots } = batch.progress;
  const others = Math.max(0, (all ?? 0) - callsInFlight);
  return (
    <div>
      <dt>{words.slots}</dt>
      <dd className="value">{words.slotsUsed(callsInFlight, slots)}</dd>
      <dd>
        <div className="slots" aria-hidden="true">
          {Array.from({ length: Math.max(slots, callsInFlight) }, (_, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a slot is its place
            <span key={i} className={i < callsInFlight ? 'used' : undefined} />
          ))}
        </div>
      </dd>
      {others > 0 && (
        <dd className="muted small">
          <Link href="/calls">{words.slotsOthers(others)}</Link>
        </dd>
      )}
    </div>
  );
}

function Pace({ batch }: { batch: Batch }) {
  const { callsPerMinute } = batch.progress;
  const shown = callsPerMinute >= 10 ? count(Math.round(callsPerMinute)) : callsPerMinute.toFixed(1);
  return <Figure label={words.pace} value={words.perMinute(shown)} hint={words.paceHint} />;
}

function Cost({ batch }: { batch: Batch }) {
  const { progress, estimate, heldMicros, status } = batch;
  const rest = [
    !isOver(status) && words.costOf(money(estimate.costMicros)),
    heldMicros > 0 && words.held(money(heldMicros)),
  ].filter(Boolean);
  const spent = money(progress.spentMicros);
  return (
    <Figure
      label={words.cost}
      value={
        progress.spentMicros > 0 ? (
          <Link href={`/credits?kind=CAPTURE&batch=${encodeURIComponent(batch.id)}`}>{spent}</Link>
        ) : (
          spent
        )
      }
      hint={rest.join(', ')}
    />
  );
}
