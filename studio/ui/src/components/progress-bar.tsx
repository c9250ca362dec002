import { count } from '../state/format';

type ProgressBarProps = {
  /** What it is the progress of, such as the name of a batch. */
  label: string;
  finished: number;
  inFlight: number;
  total: number;
  tall?: boolean;
};

/** How much is finished. What is in flight stands beside it and is not counted in. */
export function ProgressBar({ label, finished, inFlight, total, tall }: ProgressBarProps) {
  const width = (n: number) => ({ inlineSize: total > 0 ? `${(n / total) * 100}%` : '0' });
  return (
    <div
      className={tall ? 'progress tall' : 'progress'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={finished}
      aria-valuetext={`${count(finished)} of ${count(total)} finished, ${count(inFlight)} in progress`}
    >
      {finished > 0 && <span className="finished" style={width(finished)} />}
      {inFlight > 0 && <span className="in-flight" style={width(inFlight)} />}
    </div>
  );
}
