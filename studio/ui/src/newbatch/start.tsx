import { useQuery } from 'urql';
import { Check, TextField } from '../components/field';
import { Icon } from '../components/icon';
import type { NewBatchStartQuery } from '../gql/graphql';
import { newBatch as messages } from '../messages/newbatch';
import { useNow } from '../state/now';
import { useZone } from '../state/preferences';
import type { FieldErrors, Form } from './form';
import { startQuery } from './operations';
import { cityOf, clockOf } from './sentence';
import { Zone } from './zone';

export type ResolvedStart = NewBatchStartQuery['resolveStartTime'];

type StartProps = {
  form: Form;
  change: (change: Partial<Form>) => void;
  errors: FieldErrors;
  /** What the wall time means; null before the server has said so. */
  resolved: ResolvedStart | null;
};

/** When dialing starts: now, or at a wall time somewhere, with what that means for clocks elsewhere. */
export function Start({ form, change, errors, resolved }: StartProps) {
  return (
    <fieldset className="stack tight">
      <legend className="label">{messages.start}</legend>
      <div className="row wide">
        <Check
          group="start"
          label={messages.startNow}
          checked={form.start === 'now'}
          onChecked={() => change({ start: 'now' })}
        />
        <Check
          group="start"
          label={messages.startLater}
          checked={form.start === 'later'}
          onChecked={() => change({ start: 'later' })}
        />
      </div>
      {form.start === 'later' && (
        <>
          <div className="two">
            <TextField
              label={messages.date}
              type="datetime-local"
              value={form.local}
              onValue={(local) => change({ local })}
              error={errors.local}
            />
            <Zone
              label={messages.zone}
              value={form.zone}
              onValue={(zone) => change({ zone })}
              error={errors.zone}
            />
          </div>
          {form.local !== '' && form.zone !== '' && <Resolved form={form} resolved={resolved} />}
        </>
      )}
    </fieldset>
  );
}

/** What the server says the form's wall time means; null when it has not, or there is none. */
export function useStart(form: Form): ResolvedStart | null {
  const paused = form.start === 'now' || form.local === '' || form.zone === '';
  const variables = { local: form.local, timezone: form.zone };
  const [{ data, stale, operation }] = useQuery({ query: startQuery, variables, pause: paused });
  const same = operation?.variables.local === form.local && operation.variables.timezone === form.zone;
  return !paused && same && !stale && data ? data.resolveStartTime : null;
}

function Resolved({ form, resolved }: { form: Form; resolved: ResolvedStart | null }) {
  const now = useNow();
  const display = useZone();
  if (!resolved) return <p className="muted small">{messages.resolving}…</p>;
  const { instant, kind } = resolved;
  const city = cityOf(form.zone);
  return (
    <div className="stack tight small" role="status" data-part="resolved">
      {instant && (
        <p>
          {messages.resolved(at(instant, 'UTC'), messages.away((new Date(instant).getTime() - now) / 1000))}
          {display !== form.zone &&
            clockOf(display) !== 'UTC' &&
            ` ${messages.displayed(at(instant, display), clockOf(display))}`}
        </p>
      )}
      {instant && kind === 'GAP' && (
        <p className="warn-text row nowrap-row">
          <Icon name="warning" size={14} />
          {messages.gap(wallTime(form.local), city, at(instant, form.zone))}
        </p>
      )}
      {kind === 'OVERLAP' && (
        <p className="warn-text row nowrap-row">
          <Icon name="warning" size={14} />
          {messages.overlap(wallTime(form.local), city)}
        </p>
      )}
    </div>
  );
}

/** "2 Mar 2027, 09:00" of an instant in a zone; in UTC where the browser does not know the zone. */
export function at(instant: string, zone: string): string {
  const options = { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' } as const;
  try {
    return new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone }).format(new Date(instant));
  } catch {
    return `${new Intl.DateTimeFormat(undefined, { ...options, timeZone: 'UTC' }).format(new Date(instant))} UTC`;
  }
}

/** "2 Mar 2027, 09:00" as it was entered, whatever the zone. */
export const wallTime = (local: string) => at(`${local}Z`, 'UTC');
