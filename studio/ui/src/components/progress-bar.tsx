import { finished } from '../batches/batch-row';
import { endedBySeries, SERIES } from '../charts/outcome-series';
import type { StandingFragment } from '../gql/graphql';
import { count } from '../state/format';

type ProgressBarProps = {
  /** What it is the progress of, such as the name of a batch. */
  label: string;
  progress: Pick<StandingFragment, 'status' | 'contacts' | 'outcomes' | 'callsInFlight' | 'total'>;
  /** Tall, and what is finished in the colours of its outcomes. */
  detailed?: boolean;
};

/** How much is finished. What is in flight or cancelled stands beside it and is not counted in. */
export function ProgressBar({ label, progress, detailed }: ProgressBarProps) {
  const { total, callsInFlight, contacts, outcomes } = progress;
  const done = finished(progress);
  const parts: [string, number][] = [
    ...(detailed
      ? endedBySeries(outcomes).map((n, i): [string, number] => [`series ${SERIES[i]?.key}`, n])
      : ([['finished', contacts.completed + contacts.failed]] as [string, number][])),
    ['series in-flight', callsInFlight],
    ['series cancelled', contacts.cancelled],
  ];
  return (
    <div
      className={detailed ? 'progress tall' : 'progress'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
      aria-valuetext={`${count(done)} of ${count(total)} finished, ${count(callsInFlight)} in progress, ${count(contacts.cancelled)} cancelled`}
    >
      {parts.map(
        ([name, n]) =>
          n > 0 && <span key={name} className={name} style={{ inlineSize: `${(n / total) * 100}%` }} />,
      )}
    </div>
  );
}
