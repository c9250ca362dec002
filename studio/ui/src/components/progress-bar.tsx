import { count } from '../state/format';

type ProgressBarProps = {
  /** What it is the progress of, such as the name of a batch. */
  label: string;
  finished: number;
  inFlight: number;
  total: number;
  tall?: boolean;
  /** What the finished ones are made of, by class; one colour for all otherwise. */
  parts?: readonly { className: string; count: number }[];
};

/** How much is finished. What is in flight stands beside it and is not counted in. */
export function ProgressBar({ label, finished, inFlight, total, tall, parts }: ProgressBarProps) {
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
      {parts
        ? parts.map(
            (part) =>
              part.count > 0 && (
                <span key={part.className} className={part.className} style={width(part.count)} />
              ),
          )
        : finished > 0 && <span className="finished" style={width(finished)} />}
      {inFlight > 0 && <span className="in-flight" style={width(inFlight)} />}
    </div>
  );
}
