import { useCallback } from 'react';
import { Link } from 'wouter';
import { useLiveQuery } from '../api/live-query';
import { useThrottledRefresh } from '../api/throttled-refresh';
import { isOver } from '../batches/batch-row';
import { HeatMap } from '../charts/heat-map';
import { StackedBars } from '../charts/stacked-bars';
import { Loaded, Skeleton } from '../components/loaded';
import { graphql } from '../gql';
import type { Weekday } from '../gql/words';
import { callsWords as words } from '../messages/batch';
import { phone, zoneCity } from '../state/format';
import { CallState, type LiveCall } from './live-calls';
import { Standing } from './standing';
import type { Batch } from './use-batch';
import { Waiting } from './waiting';

const BatchCalls = graphql(`
  query BatchCalls($id: ID!, $first: Int!) {
    batchJob(id: $id) {
      id
      liveCalls(first: $first) {
        nodes {
          ...LiveCall
        }
      }
    }
  }
`);

const BatchCharts = graphql(`
  query BatchCharts($id: ID!) {
    batchJob(id: $id) {
      id
      outcomesOverTime {
        bucketSeconds
        buckets {
          startsAt
          outcomes {
            outcome
            count
          }
        }
      }
      answerRates {
        weekday
        hour
        dialed
        answered
      }
    }
  }
`);

type LiveTabProps = { batch: Batch; live: boolean };

/** How the batch stands, what happened, and who is on the phone. */
export function LiveTab({ batch, live }: LiveTabProps) {
  return (
    <div className="stack">
      <Waiting batch={batch} />
      <Standing batch={batch} />
      <div className="live-grid">
        <Charts batch={batch} live={live} />
        {!isOver(batch.status) && <CallsNow batch={batch} live={live} />}
      </div>
    </div>
  );
}

function Charts({ batch, live }: LiveTabProps) {
  const { id, progress, callWindow } = batch;
  const [result, ask] = useLiveQuery({ query: BatchCharts, variables: { id } });
  const refresh = useCallback(() => ask({ requestPolicy: 'network-only' }), [ask]);
  useThrottledRefresh(live ? progress.attemptsEnded : -1, 2_500, refresh);
  const zone = callWindow?.timezone ?? batch.timezone;
  return (
    <div className="stack live-numbers">
      <Loaded result={{ ...result, data: result.data?.batchJob }} again={refresh} lines={8}>
        {({ outcomesOverTime, answerRates }) => (
          <>
            <StackedBars {...outcomesOverTime} />
            <HeatMap
              rates={answerRates}
              zone={zoneCity(zone)}
              open={(day, hour) => isOpen(callWindow, day, hour)}
            />
          </>
        )}
      </Loaded>
    </div>
  );
}

function isOpen(window: Batch['callWindow'], day: Weekday, hour: number) {
  if (!window) return true;
  if (window.days.length > 0 && !window.days.includes(day)) return false;
  const minutes = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
  const opens = minutes(window.opens);
  const closes = minutes(window.closes);
  const inside = (minute: number) =>
    opens <= closes ? minute >= opens && minute < closes : minute >= opens || minute < closes;
  return inside(hour * 60) || inside(hour * 60 + 59);
}

/** The calls of the batch that are in progress now. */
export function useLiveCalls(batch: Batch, live: boolean, first: number) {
  const { id, progress, status } = batch;
  const [result, ask] = useLiveQuery({ query: BatchCalls, variables: { id, first } });
  const refresh = useCallback(() => ask({ requestPolicy: 'network-only' }), [ask]);
  useThrottledRefresh(live ? progress.version : -1, 1_000, refresh);
  const over = isOver(status) && progress.callsInFlight === 0;
  const calls: LiveCall[] = over ? [] : (result.data?.batchJob?.liveCalls.nodes ?? []);
  return { calls, result, refresh };
}

const MOST = 20;

function CallsNow({ batch, live }: LiveTabProps) {
  const { calls, result } = useLiveCalls(batch, live, MOST);
  const total = batch.progress.callsInFlight;
  return (
    <section className="panel stack tight calls-now live-numbers" aria-label={words.now}>
      <div className="row spread">
        <h2>{words.now}</h2>
        <span className="muted">{total}</span>
      </div>
      {total === 0 ? (
        <p className="muted">{words.none}</p>
      ) : (
        !result.data && !result.error && <Skeleton lines={3} />
      )}
      <ul>
        {calls.map((call) => (
          <li key={call.id}>
            <Link href={`/batches/${encodeURIComponent(batch.id)}/contacts/${call.contact.id}`}>
              <span className="mono">{phone(call.contact.phone)}</span>
            </Link>
            <span className="clip muted">{call.contact.name}</span>
            <CallState call={call} />
          </li>
        ))}
      </ul>
      {total > calls.length && calls.length === MOST && (
        <p className="muted small">{words.andMore(total - MOST)}</p>
      )}
    </section>
  );
}
