import type { ReactNode } from 'react';
import type { BatchJobStatus, ContactStatus, Outcome } from '../gql/words';
import { batchStatus, contactStatus, outcome as outcomeWords } from '../messages/words';
import { Icon, type IconName } from './icon';

export type BadgeTone = 'accent' | 'good' | 'warn' | 'bad' | 'plan' | 'calm';

/** A word with an icon and a colour, which all say the same. */
export function Badge({ tone, icon, children }: { tone: BadgeTone; icon: IconName; children: ReactNode }) {
  return (
    <span className={`badge ${tone}`}>
      <Icon name={icon} size={13} />
      {children}
    </span>
  );
}

type Mark = [BadgeTone, IconName];

const BATCH: Record<BatchJobStatus, Mark> = {
  PENDING: ['calm', 'clock'],
  SCHEDULED: ['plan', 'clock'],
  RUNNING: ['accent', 'play'],
  PAUSED: ['warn', 'pause'],
  CANCELLING: ['calm', 'stop'],
  COMPLETED: ['good', 'check'],
  FAILED: ['bad', 'cross'],
  CANCELLED: ['calm', 'cross'],
};

const CONTACT: Record<ContactStatus, Mark> = {
  PENDING: ['calm', 'clock'],
  DIALING: ['accent', 'phone'],
  COMPLETED: ['good', 'check'],
  FAILED: ['bad', 'cross'],
  CANCELLED: ['calm', 'stop'],
};

/** The tones of the charts' colours. */
const OUTCOME: Record<Outcome, Mark> = {
  COMPLETED: ['good', 'check'],
  VOICEMAIL: ['accent', 'file'],
  NO_ANSWER: ['warn', 'clock'],
  BUSY: ['plan', 'stop'],
  TIMEOUT: ['warn', 'clock'],
  REJECTED: ['bad', 'cross'],
  BLOCKED: ['bad', 'cross'],
  INVALID_NUMBER: ['bad', 'cross'],
  CARRIER_ERROR: ['bad', 'warning'],
  CANCELLED: ['calm', 'stop'],
  UNKNOWN: ['bad', 'help'],
};

/** Where a batch job is. "Completed" is green where everybody was reached. */
export function BatchBadge({ status, failed }: { status: BatchJobStatus; failed?: number }) {
  const [tone, icon]: Mark = status === 'COMPLETED' && failed ? ['warn', 'warning'] : BATCH[status];
  return (
    <Badge tone={tone} icon={icon}>
      {batchStatus[status]}
    </Badge>
  );
}

/** Where a contact is. */
export function ContactBadge({ status }: { status: ContactStatus }) {
  const [tone, icon] = CONTACT[status];
  return (
    <Badge tone={tone} icon={icon}>
      {contactStatus[status]}
    </Badge>
  );
}

/** How an attempt ended. */
export function OutcomeBadge({ outcome }: { outcome: Outcome }) {
  const [tone, icon] = OUTCOME[outcome];
  return (
    <Badge tone={tone} icon={icon}>
      {outcomeWords[outcome]}
    </Badge>
  );
}
