import type { StandingFragment } from '../gql/graphql';
import { contactsWords as words } from '../messages/batch';
import { count } from '../state/format';
import './charts.css';
import { endedBySeries, SERIES } from './outcome-series';

type OutcomeBarProps = { progress: Pick<StandingFragment, 'contacts' | 'outcomes'>; label: string };

/** How contacts ended as parts of one bar; in words for who does not see it. */
export function OutcomeBar({ progress: { outcomes, contacts }, label }: OutcomeBarProps) {
  const counts = endedBySeries(outcomes);
  const parts = [
    ...SERIES.map(({ key, label }, i) => ({ key, label, n: counts[i] ?? 0 })),
    { key: 'cancelled', label: words.cancelled, n: contacts.cancelled },
  ].filter(({ n }) => n > 0);
  if (parts.length === 0) return <div className="outcome-bar" />;
  const text = parts.map(({ n, label }) => `${count(n)} ${label.toLowerCase()}`).join(', ');
  return (
    <div className="outcome-bar" role="img" aria-label={`${label}: ${text}`} title={text}>
      {parts.map(({ key, n }) => (
        <span key={key} className={`series ${key}`} style={{ flexGrow: n }} />
      ))}
    </div>
  );
}
