import { useCallback } from 'react';
import { useActivity } from '../api/activity';
import { useLiveQuery } from '../api/live-query';
import { useThrottledRefresh } from '../api/throttled-refresh';
import { Loaded } from '../components/loaded';
import { PageHeader } from '../components/page-header';
import { graphql } from '../gql';
import { calls as words } from '../messages/calls';
import { count } from '../state/format';
import { CallTable } from './call-table';
import '../batch/batch.css';
import '../batches/batches.css';

const Calls = graphql(`
  query Calls {
    viewer {
      organization {
        id
        concurrentCallLimit
        callsInFlight
        liveCalls(first: 100) {
          nodes {
            ...LiveCall
            contact {
              batchJob {
                id
                name
              }
            }
          }
        }
      }
    }
  }
`);

/** Calls in progress in all batches, and the slots they take. */
export default function CallsScreen() {
  const [result, ask] = useLiveQuery({ query: Calls });
  const { batchJobs, callsInFlight } = useActivity();
  const refresh = useCallback(() => ask({ requestPolicy: 'network-only' }), [ask]);
  const heard = [...batchJobs.values()].reduce((sum, { version }) => sum + version, 0);
  useThrottledRefresh(heard, 1_000, refresh);
  return (
    <div className="stack">
      <PageHeader title={words.title} />
      <Loaded result={result} again={refresh}>
        {({ viewer: { organization } }) => {
          const used = callsInFlight ?? organization.callsInFlight;
          const limit = organization.concurrentCallLimit;
          return (
            <>
              <section className="panel gauge live-numbers" aria-label={words.slots}>
                <p>
                  <strong>{count(used)}</strong> {words.of(limit)}
                </p>
                <div
                  className="progress tall"
                  role="meter"
                  aria-label={words.slots}
                  aria-valuemax={limit}
                  aria-valuenow={used}
                  aria-valuetext={words.used(used, limit)}
                >
                  <span className="finished" style={{ inlineSize: `${Math.min(1, used / limit) * 100}%` }} />
                </div>
                <p className="muted small">{words.hint}</p>
              </section>
              <CallTable
                calls={organization.liveCalls.nodes.map((call) => ({
                  ...call,
                  batch: call.contact.batchJob,
                }))}
              />
              {used > organization.liveCalls.nodes.length && organization.liveCalls.nodes.length >= 100 && (
                <p className="muted small">{words.first(100)}</p>
              )}
            </>
          );
        }}
      </Loaded>
    </div>
  );
}
