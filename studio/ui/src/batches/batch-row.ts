import { graphql } from '../gql';
import type { BatchRowFragment } from '../gql/graphql';

export const BatchRowFields = graphql(`
  fragment BatchRow on BatchJob {
    id
    name
    status
    createdAt
    scheduledStartTime
    startedAt
    endedAt
    pauseReason
    phoneNumber {
      number
    }
    agent {
      name
    }
    estimate {
      costMicros
    }
    progress {
      ...Standing
    }
  }
`);

export type BatchRow = BatchRowFragment;

/** The row as it stands after what was heard since it was read. */
export function standing(row: BatchRow, heard: BatchRow['progress'] | undefined): BatchRow {
  if (!heard || heard.version < row.progress.version) return row;
  return { ...row, status: heard.status, progress: heard };
}

/**
 * Contacts that are final. Those who were cancelled with their batch are counted
 * apart; in one that is completed, only their own calls can have been hung up.
 */
export const finished = ({ status, contacts }: Pick<BatchRow['progress'], 'status' | 'contacts'>) =>
  contacts.completed + contacts.failed + (status === 'COMPLETED' ? contacts.cancelled : 0);

/** Where the contacts of a batch are listed that a part of it counts. */
export const contactsHref = ({ id }: { id: string }, status: string) =>
  `/batches/${encodeURIComponent(id)}?tab=contacts&status=${status}`;

/** Whether a batch job can still change by itself. */
export const isOver = (status: BatchRow['status']) =>
  status === 'COMPLETED' || status === 'FAILED' || status === 'CANCELLED';
