// One batch job as it stands now: what was read, with what has been heard since.
import { useEffect, useMemo, useState } from 'react';
import { useSubscription } from 'urql';
import { useLiveQuery } from '../api/live-query';
import { useSession } from '../api/session';
import { isOver } from '../batches/batch-row';
import { graphql } from '../gql';
import type { BatchQuery as Answer } from '../gql/graphql';

export const BatchQuery = graphql(`
  query Batch($id: ID!) {
    batchJob(id: $id) {
      ...BatchNow
      description
      phoneNumber {
        id
        number
        label
      }
      agent {
        id
        name
        architecture
      }
      scheduledStartTime
      timezone
      callWindow {
        days
        opens
        closes
        timezone
      }
      totalContacts
      rejectedContacts
      duplicateContacts
      blankRows
      createdAt
      estimate {
        costMicros
        worstCaseCostMicros
        duration
      }
      progress {
        ...Standing
      }
    }
  }
`);

export const BatchNowFields = graphql(`
  fragment BatchNow on BatchJob {
    id
    name
    status
    pauseReason
    pauseNote
    allowedActions {
      action
      allowed
      reason
    }
    concurrentCallLimit
    maxAttempts
    startedAt
    endedAt
    heldMicros
  }
`);

const BatchLive = graphql(`
  subscription BatchLive($id: ID!) {
    batchProgress(batchJobId: $id) {
      ...Standing
      batchJob {
        ...BatchNow
      }
    }
  }
`);

export type Batch = NonNullable<Answer['batchJob']>;
export type Progress = Batch['progress'];

/**
 * The batch job with an id. It follows what happens while live; undefined while
 * it is read, null when there is none.
 */
export function useBatch(id: string, live: boolean) {
  const [result, ask] = useLiveQuery({ query: BatchQuery, variables: { id } });
  const read = result.data?.batchJob;
  const [over, setOver] = useState(false);
  const pause = useSession() !== 'in' || !live || !read || over;
  const [heard] = useSubscription({ query: BatchLive, variables: { id }, pause });
  const news = heard.data?.batchProgress;
  const batch = useMemo((): Batch | null | undefined => {
    if (!read || !news || news.batchJob.id !== id || news.version <= read.progress.version) return read;
    return { ...read, ...news.batchJob, progress: news };
  }, [read, news, id]);
  // The server ends the subscription with the batch job, which a retry opens again.
  const ended = batch ? isOver(batch.status) : false;
  useEffect(() => setOver(ended), [ended]);
  return { batch, result, ask };
}

/** What can be done with a batch job, and why not. */
export function allowed(batch: Batch, action: Batch['allowedActions'][number]['action']) {
  return batch.allowedActions.find((one) => one.action === action) ?? { allowed: false, reason: null };
}

/** Contacts that are not final and not on the phone. */
export const waiting = ({ progress }: Batch) => progress.contacts.pending;
