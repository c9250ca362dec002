// What changes in the whole organization: one subscription for the page.
import { createContext, createElement, type ReactNode, useContext, useEffect, useState } from 'react';
import { useSubscription } from 'urql';
import { graphql } from '../gql';
import type { ActivitySubscription } from '../gql/graphql';

const Activity = graphql(`
  subscription Activity {
    organizationActivity {
      batchJobs {
        ...Standing
        batchJob {
          id
          name
        }
      }
      callsInFlight
      credits {
        balanceMicros
        heldMicros
        availableMicros
      }
      occurredAt
    }
  }
`);

export const Standing = graphql(`
  fragment Standing on BatchProgress {
    version
    status
    total
    contacts {
      pending
      dialing
      completed
      failed
      cancelled
    }
    outcomes {
      outcome
      count
    }
    callsInFlight
    slots
    attemptsEnded
    callsPerMinute
    eta {
      low
      high
    }
    spentMicros
    waitingFor
    occurredAt
  }
`);

type Event = ActivitySubscription['organizationActivity'];

/** How one batch job stands, as the list and the header show it. */
export type BatchStanding = Event['batchJobs'][number];

export type OrganizationActivity = {
  /** Every batch job that was heard of since the page was opened, by its id. */
  batchJobs: ReadonlyMap<string, BatchStanding>;
  callsInFlight: number | null;
  credits: Event['credits'] | null;
};

const nothing: OrganizationActivity = { batchJobs: new Map(), callsInFlight: null, credits: null };
const ActivityContext = createContext<OrganizationActivity>(nothing);

/** What is known of the organization's activity now. */
export const useActivity = () => useContext(ActivityContext);

function merged(before: OrganizationActivity, event: Event): OrganizationActivity {
  let batchJobs = before.batchJobs;
  if (event.batchJobs.length > 0) {
    const next = new Map(batchJobs);
    for (const standing of event.batchJobs) {
      const known = next.get(standing.batchJob.id);
      if (!known || known.version <= standing.version) next.set(standing.batchJob.id, standing);
    }
    batchJobs = next;
  }
  return { batchJobs, callsInFlight: event.callsInFlight, credits: event.credits };
}

/** Listens to the organization, while somebody is signed in, for everything inside it. */
export function ActivityProvider({ signedIn, children }: { signedIn: boolean; children: ReactNode }) {
  const [activity, setActivity] = useState(nothing);
  const [{ data }] = useSubscription({ query: Activity, pause: !signedIn });
  useEffect(() => {
    if (data) setActivity((before) => merged(before, data.organizationActivity));
  }, [data]);
  return createElement(ActivityContext.Provider, { value: activity }, children);
}
