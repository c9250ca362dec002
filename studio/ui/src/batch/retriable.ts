import type { Outcome } from '../gql/words';
import type { Batch } from './use-batch';

/** How many contacts ended with an outcome. */
export const endedWith = (batch: Batch, outcome: Outcome) =>
  batch.progress.outcomes.find((one) => one.outcome === outcome)?.count ?? 0;

/** Offered at once: what a second try may change. */
export const USUAL: readonly Outcome[] = ['NO_ANSWER', 'BUSY', 'TIMEOUT', 'CARRIER_ERROR'];

/** How many contacts ended with what is offered to be retried at once. */
export const retriable = (batch: Batch) => USUAL.reduce((sum, outcome) => sum + endedWith(batch, outcome), 0);
