// What the page of calls in progress says.
import { count } from '../state/format';

export const calls = {
  title: 'Calls',
  slots: 'Slots in use',
  of: (limit: number) => `of ${count(limit)} slots in use`,
  used: (used: number, limit: number) => `${count(used)} of ${count(limit)}`,
  hint: 'Calls of all batches together never exceed the organization’s limit.',
  first: (n: number) => `The ${count(n)} that have been longest are shown.`,
} as const;
