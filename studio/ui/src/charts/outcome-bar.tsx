import { count } from '../state/format';
import './charts.css';
import type { Outcome } from '../gql/words';
import { bySeries, SERIES } from './outcome-series';

type OutcomeBarProps = { outcomes: readonly { outcome: Outcome; count: number }[]; label: string };

/** Outcomes as parts of one bar; in words for who does not see it. */
export function OutcomeBar({ outcomes, label }: OutcomeBarProps) {
  const counts = bySeries(outcomes);
  const total = counts.reduce((a, b) => a + b, 0);
  const words = SERIES.map(({ label }, i) => [counts[i] ?? 0, label.toLowerCase()] as const)
    .filter(([n]) => n > 0)
    .map(([n, label]) => `${count(n)} ${label}`)
    .join(', ');
  if (total === 0) return <div className="outcome-bar" />;
  return (
    <div className="outcome-bar" role="img" aria-label={`${label}: ${words}`} title={words}>
      {SERIES.map(({ key }, i) => {
        const n = counts[i] ?? 0;
        return n > 0 && <span key={key} className={`series ${key}`} style={{ flexGrow: n }} />;
      })}
    </div>
  );
}
