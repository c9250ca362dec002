// Outcomes as charts show them: few enough to tell apart, always in this order.
import type { Outcome } from '../gql/words';

export type SeriesKey = 'completed' | 'voicemail' | 'no-answer' | 'busy' | 'failed' | 'other';

export type Series = { key: SeriesKey; label: string; outcomes: readonly Outcome[] };

export const SERIES: readonly Series[] = [
  { key: 'completed', label: 'Completed', outcomes: ['COMPLETED'] },
  { key: 'voicemail', label: 'Voicemail', outcomes: ['VOICEMAIL'] },
  { key: 'no-answer', label: 'No answer', outcomes: ['NO_ANSWER', 'TIMEOUT'] },
  { key: 'busy', label: 'Busy', outcomes: ['BUSY'] },
  {
    key: 'failed',
    label: 'Failed',
    outcomes: ['REJECTED', 'BLOCKED', 'INVALID_NUMBER', 'CARRIER_ERROR', 'UNKNOWN'],
  },
  { key: 'other', label: 'Hung up', outcomes: ['CANCELLED'] },
];

type Counted = readonly { outcome: Outcome; count: number }[];

/** Counts by outcome as counts by series, in the order of SERIES. */
export function bySeries(counted: Counted): number[] {
  return SERIES.map(({ outcomes }) =>
    counted.reduce((sum, { outcome, count }) => (outcomes.includes(outcome) ? sum + count : sum), 0),
  );
}

/** Contacts by series without those who were cancelled: they are counted by their status. */
export const endedBySeries = (counted: Counted): number[] =>
  bySeries(counted.filter(({ outcome }) => outcome !== 'CANCELLED'));
