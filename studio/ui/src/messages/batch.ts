// What the page of one batch says.
import type { BatchAction, ChangeAction, Outcome, Weekday } from '../gql/words';
import { count, plural, span } from '../state/format';
import { notReached } from './words';

const calls = (n: number) => plural(n, 'call');
const contacts = (n: number) => plural(n, 'contact');
const are = (n: number) => (n === 1 ? 'is' : 'are');
const they = (n: number, one: string, many: string) => (n === 1 ? one : many);

export const batch = {
  parent: 'Batches',
  tabs: 'Parts of the batch',
  live: 'Live',
  result: 'Result',
  contacts: 'Contacts',
  calls: 'Calls',
  settings: 'Settings',
  history: 'History',
  copyId: 'Copy the batch’s id',
  startedAt: 'started',
  startsAt: 'starts',
  endedAt: 'ended',
  liveOn: 'Live',
  livePaused: 'Paused',
  liveTitle: 'Whether the numbers on this page follow what happens',
  more: 'More',
  export: 'Export',
  exportResults: 'Results, as CSV',
  exportRejected: 'Rejected rows, as CSV',
  noRejected: 'No row was rejected.',
  clone: 'Clone',
  copyCurl: 'Copy as GraphQL request',
  tab: (share: string, name: string) => `${share} ${name}`,
  tabPaused: (name: string) => `Paused: ${name}`,
  spoken: (finished: number, total: number, failed: number, status: string) =>
    `${status}. ${count(finished)} of ${count(total)} finished, ${notReached(failed)}.`,
} as const;

export const standing = {
  finished: (done: number, total: number) => `${count(done)} of ${count(total)} finished`,
  left: 'Left',
  leftNone: 'Unknown yet',
  took: 'Took',
  assuming: 'told once calls have ended',
  range: (text: string) => `between ${text}`,
  slots: 'Slots',
  slotsUsed: (used: number, limit: number) => `${count(used)} of ${count(limit)} in use`,
  slotsOthers: (n: number) => `${calls(n)} of other batches`,
  cost: 'Cost',
  costOf: (amount: string) => `of about ${amount}`,
  held: (amount: string) => `${amount} held`,
  pace: 'Pace',
  perMinute: (n: string) => `${n} a minute`,
  paceHint: 'calls ended',
  waiting: 'waiting',
  onPhone: 'on the phone',
  cancelled: 'cancelled',
} as const;

const stillFlying = (n: number) =>
  `${calls(n)} ${are(n)} still in progress. ${they(n, 'It', 'They')} will finish; nobody else is called.`;

export const waits = {
  startTime: (at: string, zone: string, wait: string) => `Starts ${at} (${zone}), in ${wait}.`,
  callWindow: (text: string) => `Calling hours are ${text}. Nobody is called outside of them.`,
  retry: (n: number) =>
    `${contacts(n)} ${they(n, 'waits', 'wait')} for another attempt; none of them is due yet.`,
  credits: 'Credits have run out. The batch goes on by itself once there are enough.',
  creditsMissing: (amount: string) => `About ${amount} more finishes it.`,
  addCredits: 'Add credits',
  cancelling: (n: number) =>
    n === 0 ? 'The last call is being recorded. Nobody else is called.' : stillFlying(n),
  pausing: stillFlying,
  callsInFlight: (n: number) => `Everybody has been dialed. ${calls(n)} ${are(n)} still in progress.`,
  carrier:
    'The carrier was full or could not be reached a moment ago. Nothing rang, so no attempt was spent; it is asked again by itself.',
  slots: 'Other batches use all calls that your organization may have at once. It goes on as those end.',
  otherCarrier:
    'This server runs another carrier than the batch was made for, and calls nobody of it. A clone is called with this one.',
  resume: 'Nobody is called until it is resumed.',
  breaker: 'Look at whom they were to before you resume it.',
  breakerLook: 'Show them',
  stalled: (text: string) => `No call has ended for ${text}`,
  stalledText: (n: number) =>
    n > 0
      ? `${calls(n)} ${are(n)} in progress. Calls may be longer than usual, or the carrier does not report their ends.`
      : 'No call is in progress although contacts wait. The server may be busy; it looks again by itself every few seconds.',
  failed: 'The batch cannot go on.',
} as const;

export const chart = {
  outcomes: (span: string) => `Outcomes per ${span}`,
  asTable: 'Show as table',
  asChart: 'Show as chart',
  time: 'Time',
  all: 'All',
  none: 'The first bar appears once a call has ended.',
  summary: (from: string, to: string, total: number) =>
    `${count(total)} attempts ended between ${from} and ${to}`,
  heat: 'Answer rate by local hour',
  heatZone: (zone: string) => `Hours of ${zone}`,
  heatNone: 'It fills once people have been dialed.',
  heatCell: (day: string, hour: string, answered: number, dialed: number, share: string) =>
    `${day} ${hour}: ${count(answered)} of ${count(dialed)} answered, ${share}`,
  heatEmpty: (day: string, hour: string) => `${day} ${hour}: nobody dialed`,
  heatClosed: (day: string, hour: string) => `${day} ${hour}: outside calling hours`,
  heatSummary: (best: string) => `Most answers: ${best}`,
  scale: ['0%', '20%', '40%', '60%', '80%', '100%'],
} as const;

export const callsWords = {
  now: 'On the phone now',
  none: 'No call is in progress.',
  queued: 'about to be dialed',
  dialing: 'dialing',
  ringing: 'ringing',
  talking: 'talking',
  long: 'longer than usual',
  number: 'Number',
  name: 'Name',
  duration: 'Duration',
  attempt: 'Try',
  batchName: 'Batch',
  table: 'Calls in progress',
  andMore: (n: number) => `and ${count(n)} more`,
} as const;

export const contactsWords = {
  table: 'Contacts',
  search: 'Search name or number',
  filter: 'Which contacts',
  all: 'All',
  waiting: 'Waiting',
  retrying: 'Retrying',
  dialing: 'On the phone',
  cancelled: 'Cancelled',
  phone: 'Phone',
  name: 'Name',
  outcome: 'Outcome',
  tries: 'Tries',
  next: 'Next try',
  duration: 'Duration',
  cost: 'Cost',
  /** When the next try is, that many seconds from now. */
  nextIn: (seconds: number, paused: boolean) =>
    seconds > 0 ? `in ${span(seconds)}` : paused ? 'when resumed' : 'now',
  after: (outcome: string) => `after ${outcome}`,
  changed: (n: number) => `${count(n)} changed, show`,
  nobody: 'Nobody fits',
  nobodyText: 'No contact of this batch has that status and those words together.',
  showAll: 'Show all contacts',
  panel: 'Contact',
  attempts: 'Attempts',
  noAttempts: 'Not dialed yet.',
  attempt: (n: number) => `Attempt ${n}`,
  notCounted: 'not counted: nothing rang',
  talked: (text: string) => `talked ${text}`,
  inProgress: 'In progress',
  nextTry: 'Next try',
  variables: 'Values',
  noVariables: 'No further columns.',
  prompt: 'Prompt as spoken',
  missing: (names: string) => `Without a value: ${names}`,
  carrierSaid: (text: string) => `Carrier: ${text}`,
  copyPhone: 'Copy the number',
  fromRow: (n: number) => `Row ${count(n)} of the upload`,
  gone: 'This contact is not in the batch.',
} as const;

export const settingsWords = {
  dialing: 'Dialing',
  limit: 'Calls at once',
  attempts: 'Attempts each',
  start: 'Start',
  startNow: 'at once',
  window: 'Calling hours',
  windowAlways: 'always',
  number: 'From',
  agent: 'Agent',
  zone: 'Time zone',
  change: 'Change',
  about: 'About',
  name: 'Name',
  description: 'Description',
  noDescription: 'None',
  created: 'Created',
  id: 'Id',
  upload: 'Upload',
  uploadSum: (rows: number, accepted: number, rejected: number, duplicates: number, blank: number) =>
    `${plural(rows, 'row')} = ${count(accepted)} accepted + ${count(rejected)} rejected + ${plural(duplicates, 'duplicate')} + ${count(blank)} blank`,
  rejected: 'Rows that did not become contacts',
  rejectedRow: 'Row',
  rejectedPhone: 'Phone cell',
  rejectedWhy: 'Why',
  more: 'Show more',
  expected: 'Expected cost',
  worst: 'If every attempt is answered',
  duration: 'Expected duration',
  prompt: 'Prompt',
  promptHint: 'As the agent had it when the batch was created.',
} as const;

export const days: Record<Weekday, string> = {
  MONDAY: 'Mon',
  TUESDAY: 'Tue',
  WEDNESDAY: 'Wed',
  THURSDAY: 'Thu',
  FRIDAY: 'Fri',
  SATURDAY: 'Sat',
  SUNDAY: 'Sun',
};

export const historyWords = {
  table: 'History',
  by: (who: string) => `by ${who}`,
  itself: 'by itself',
  somebody: 'somebody',
  fromTo: (what: string, from: string, to: string) => `${what}: ${from} → ${to}`,
  older: 'Show older',
} as const;

export const changes: Record<ChangeAction, string> = {
  CREATED: 'Created',
  STARTED: 'Dialing started',
  PAUSED: 'Paused',
  RESUMED: 'Resumed',
  CANCELLED: 'Cancelled',
  RESCHEDULED: 'Rescheduled',
  UPDATED: 'Changed',
  RETRIED: 'Retried',
  ENDED: 'Ended',
};

export const actionNames: Record<BatchAction, string> = {
  PAUSE: 'Pause',
  RESUME: 'Resume',
  CANCEL: 'Cancel…',
  HANG_UP: 'Hang up calls…',
  RESCHEDULE: 'Reschedule…',
  UPDATE: 'Change limit…',
  RETRY: 'Retry…',
};

const inFlight = (n: number) =>
  n === 0
    ? 'No call is in progress.'
    : `${calls(n)} ${are(n)} in progress. ${they(n, 'It finishes and is', 'They finish and are')} recorded.`;

export const dialogs = {
  reason: 'Why',
  reasonHint: 'For the history; may stay empty.',
  back: 'Go back',

  pauseTitle: 'Pause dialing?',
  pause: 'Pause',
  pauseText: (waiting: number, flying: number) => [
    inFlight(flying),
    `No new call starts from the moment this is confirmed; ${contacts(waiting)} ${they(waiting, 'stays', 'stay')} waiting.`,
    'Resume goes on where it stopped. Nobody is called twice for it.',
  ],
  paused: 'Paused. No new call starts.',

  resumeTitle: 'Resume dialing?',
  resume: 'Resume',
  resumeText: (waiting: number, limit: number) => [
    `Dialing goes on with ${contacts(waiting)} that ${they(waiting, 'waits', 'wait')}, at most ${count(limit)} at once.`,
    'Contacts that are finished are not called again.',
  ],
  resumed: 'Resumed.',

  cancelTitle: 'Cancel this batch?',
  cancel: 'Cancel the batch',
  cancelText: (waiting: number) => [
    `${contacts(waiting)} ${they(waiting, 'is', 'are')} cancelled for good, not called. This cannot be undone; to call them, make a new batch.`,
    'Credits that were held for them are given back.',
  ],
  cancelFlying: (n: number) => `${calls(n)} in progress`,
  cancelFinish: 'Let them finish',
  cancelFinishHint: 'The batch is cancelling until the last one has ended.',
  cancelHangUp: 'Hang them up now',
  cancelHangUpHint: 'People hear the line go dead in mid-sentence.',
  cancelled: (n: number) => `Cancelled. ${contacts(n)} will not be called.`,

  hangUpTitle: 'Hang up the calls in progress?',
  hangUp: 'Hang up',
  hangUpText: (n: number) => [
    `${calls(n)} ${are(n)} cut off in mid-sentence and recorded as hung up.`,
    'Everybody else of this batch was cancelled already.',
  ],
  hungUp: 'The calls are being hung up.',

  retryTitle: 'Call people again',
  retry: (n: number) => `Retry ${contacts(n)}`,
  retryPick: 'Who ended with',
  retryText: (n: number, attempts: number, limit: number) => [
    n === 0
      ? 'Choose at least one outcome.'
      : `${contacts(n)} ${they(n, 'is', 'are')} dialed again, up to ${plural(attempts, 'time')} each, at most ${count(limit)} at once.`,
    'Those who completed are left alone.',
  ],
  retryCost: (amount: string) => `About ${amount} is held for it.`,
  retried: (n: number) => `${contacts(n)} ${they(n, 'is', 'are')} called again.`,

  updateTitle: 'Change the batch',
  update: 'Save changes',
  limit: 'Calls at once',
  limitHint: (now: number) =>
    `1 to 50; now ${count(now)}. When it is lower than the calls in progress, those go on and no new one starts before there are fewer.`,
  limitInvalid: 'A whole number from 1 to 50.',
  attempts: 'Attempts each, the first included',
  attemptsHint:
    '1 to 10. When it is lower, contacts that have used it up end with their last outcome; those that ended stay ended.',
  attemptsInvalid: 'A whole number from 1 to 10.',
  name: 'Name',
  nameInvalid: 'A name of 1 to 200 characters.',
  description: 'Description',
  updated: 'Changed.',

  rescheduleTitle: 'Start at another time',
  reschedule: 'Reschedule',
  startAtOnce: 'At once',
  startAt: 'At a time',
  time: 'Date and time',
  zone: 'Time zone',
  timeMissing: 'Enter a date and a time.',
  rescheduleNow: (n: number) =>
    `${contacts(n)} ${they(n, 'starts', 'start')} being dialed as soon as this is confirmed.`,
  rescheduleAt: (instant: string, wait: string) => `That is ${instant} in the display zone, in ${wait}.`,
  rescheduled: 'Rescheduled.',
  gap: 'Clocks go forward over that time; it was moved forward.',
  overlap: 'That time comes twice as clocks go back; the first is taken.',
} as const;

/** Outcomes that can be retried, those that are worth it first. */
export const retryable: readonly Outcome[] = [
  'NO_ANSWER',
  'BUSY',
  'TIMEOUT',
  'CARRIER_ERROR',
  'VOICEMAIL',
  'REJECTED',
  'BLOCKED',
  'INVALID_NUMBER',
  'CANCELLED',
  'UNKNOWN',
];
