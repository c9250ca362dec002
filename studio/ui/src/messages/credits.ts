// What credits and their ledger say.
import type { CreditKind } from '../gql/words';
import { plural } from '../state/format';

export const credits = {
  title: 'Credits',
  lead: 'Calls are paid from credits: held when a batch is created, spent call by call, and what is left is released at its end.',
  add: 'Add credits',
  balance: 'Balance',
  balanceText: 'All credits there are.',
  held: 'Held',
  heldText: (n: number) =>
    n === 0 ? 'No batch holds any.' : `Set aside for ${plural(n, 'open batch', 'open batches')}.`,
  available: 'Available',
  availableText: 'What a new batch may use.',
  paused: (n: number) =>
    `${plural(n, 'batch is', 'batches are')} paused because credits ran out, and ${n === 1 ? 'goes' : 'go'} on once there are enough.`,
  heldBy: 'Held by',
  heldByMore: 'More batches hold credits than are listed here.',
  prices: 'Price of a call of two minutes',
  pricesNone: 'Each agent says what its calls cost. There is no agent that can call yet.',
  ledger: 'Ledger',
  filter: 'Which lines',
  all: 'All',
  newLines: 'New lines, show',
  when: 'When',
  what: 'What',
  batch: 'Batch',
  balanceChange: 'Balance',
  heldChange: 'Held',
  emptyTitle: 'Nothing in the ledger',
  emptyText: 'Each time credits are added, held, spent or released, a line is written here.',
  nothingFound: 'No line fits',
  nothingFoundText: 'The ledger has no line of that kind.',
  onlyBatch: 'Only lines of one batch',
  showAll: 'Show all lines',
  addTitle: 'Add credits',
  amount: 'Amount in dollars',
  amountHint: 'Such as 50 or 12.50.',
  amountWrong: 'Enter an amount in dollars, such as 50 or 12.50.',
  note: 'Note',
  noteHint: 'What for. The ledger keeps it.',
  addSubmit: (amount: string) => `Add ${amount}`,
  addNothing: 'Add',
  effect: (amount: string, balance: string) => `${amount} is added, and ${balance} are there then.`,
  effectPaused: (n: number) =>
    n === 0
      ? 'No batch waits for credits.'
      : `${plural(n, 'batch that waits', 'batches that wait')} for credits ${n === 1 ? 'goes' : 'go'} on, as far as they reach.`,
  effectOnce: 'Sent twice by accident, it is added once.',
  added: (amount: string, resumed: number) =>
    `${amount} added.${resumed > 0 ? ` ${plural(resumed, 'batch goes', 'batches go')} on.` : ''}`,
} as const;

export const creditKind: Record<CreditKind, string> = {
  TOP_UP: 'Added',
  HOLD: 'Held',
  CAPTURE: 'Spent on calls',
  RELEASE: 'Released',
};
