// Names of what the API has words for. TypeScript checks that none is missing.
import type {
  AgentArchitecture,
  BatchJobStatus,
  ContactStatus,
  Outcome,
  PauseReason,
  WaitingFor,
} from '../gql/words';
import { count } from '../state/format';

export const batchStatus: Record<BatchJobStatus, string> = {
  PENDING: 'Starting',
  SCHEDULED: 'Scheduled',
  RUNNING: 'Running',
  PAUSED: 'Paused',
  CANCELLING: 'Cancelling',
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  CANCELLED: 'Cancelled',
};

export const contactStatus: Record<ContactStatus, string> = {
  PENDING: 'Waiting',
  DIALING: 'On the phone',
  COMPLETED: 'Completed',
  FAILED: 'Not reached',
  CANCELLED: 'Cancelled',
};

/** Contacts that ended as FAILED, whatever their last outcome. */
export const notReached = (n: number) => `${count(n)} not reached`;

export const outcome: Record<Outcome, string> = {
  COMPLETED: 'Completed',
  VOICEMAIL: 'Voicemail',
  NO_ANSWER: 'No answer',
  BUSY: 'Busy',
  TIMEOUT: 'Timed out',
  REJECTED: 'Declined',
  BLOCKED: 'Blocked',
  INVALID_NUMBER: 'Not in service',
  CARRIER_ERROR: 'Carrier error',
  CANCELLED: 'Hung up',
  UNKNOWN: 'Unknown',
};

/** What an outcome means, in a sentence. */
export const outcomeMeaning: Record<Outcome, string> = {
  COMPLETED: 'The agent spoke with somebody.',
  VOICEMAIL: 'A voicemail answered.',
  NO_ANSWER: 'It rang and nobody answered.',
  BUSY: 'The line was busy.',
  TIMEOUT: 'The network did not connect the call in time.',
  REJECTED: 'The person declined the call.',
  BLOCKED: 'The call was blocked on its way.',
  INVALID_NUMBER: 'The number does not exist.',
  CARRIER_ERROR: 'The carrier failed after it had accepted the call.',
  CANCELLED: 'The call was hung up because the batch was cancelled.',
  UNKNOWN: 'It cannot be known whether the call went out. It is not dialed again by itself.',
};

export const pauseReason: Record<PauseReason, string> = {
  PERSON: 'Paused by a person',
  CREDITS: 'Paused: credits ran out',
  CIRCUIT_BREAKER: 'Paused: too many calls failed',
};

export const waitingFor: Record<WaitingFor, string> = {
  START_TIME: 'Waiting for its start time',
  CALL_WINDOW: 'Waiting for calling hours',
  RETRY: 'Waiting for the next retry',
  RESUME: 'Waiting to be resumed',
  CREDITS: 'Waiting for credits',
  CALLS_IN_FLIGHT: 'Waiting for calls in progress to end',
  CARRIER: 'Waiting for the carrier',
  SLOTS: 'Waiting for a free call slot',
  OTHER_CARRIER: 'Waiting for its carrier',
};

export const architecture: Record<AgentArchitecture, string> = {
  PIPELINE: 'Pipeline',
  REALTIME: 'Realtime',
  TEXT: 'Text only',
};
