import { useEffect, useRef } from 'react';
import { usePagedRows } from '../api/paged-rows';
import { Button } from '../components/button';
import { Icon, type IconName } from '../components/icon';
import { Instant } from '../components/instant';
import { Skeleton } from '../components/loaded';
import { FailureNotice } from '../components/notice';
import { graphql } from '../gql';
import type { HistoryQuery } from '../gql/graphql';
import type { ChangeAction } from '../gql/words';
import { changes, historyWords as words } from '../messages/batch';
import { browserName } from '../state/browser-name';
import type { Batch } from './use-batch';

const History = graphql(`
  query History($id: ID!, $first: Int!, $after: String) {
    batchJob(id: $id) {
      id
      history(first: $first, after: $after) {
        nodes {
          id
          action
          actor
          actorName
          reason
          details
          createdAt
        }
        pageInfo {
          hasNextPage
          endCursor
        }
        totalCount
      }
    }
  }
`);

type Change = NonNullable<HistoryQuery['batchJob']>['history']['nodes'][number];

const ICONS: Record<ChangeAction, IconName> = {
  CREATED: 'plus',
  STARTED: 'play',
  PAUSED: 'pause',
  RESUMED: 'play',
  CANCELLED: 'cross',
  RESCHEDULED: 'clock',
  UPDATED: 'edit',
  RETRIED: 'retry',
  ENDED: 'check',
};

const pick = (data: HistoryQuery) => data.batchJob?.history;

/** Who did what with the batch, when and why. */
export default function HistoryTab({ batch }: { batch: Batch }) {
  const list = usePagedRows({ query: History, variables: { id: batch.id, first: 50 }, pick });
  const { reload } = list;
  const seen = useRef(batch.status);
  useEffect(() => {
    if (seen.current === batch.status) return;
    seen.current = batch.status;
    reload();
  }, [batch.status, reload]);
  const failure = list.error && <FailureNotice error={list.error} again={reload} />;
  if (list.total === null) return failure ?? <Skeleton />;
  return (
    <div className="stack narrow">
      {failure}
      <ol className="timeline history" aria-label={words.table}>
        {list.rows.map((change) => (
          <Line key={change.id} change={change} />
        ))}
      </ol>
      {list.rows.length < list.total && (
        <div>
          <Button busy={list.fetching} onClick={() => list.need(list.rows.length)}>
            {words.older}
          </Button>
        </div>
      )}
    </div>
  );
}

function Line({ change }: { change: Change }) {
  const { action, actor, actorName, reason, details, createdAt } = change;
  const who =
    actor === 'SYSTEM' ? words.itself : words.by(actorName ? actorText(actor, actorName) : words.somebody);
  return (
    <li>
      <span className="dot">
        <Icon name={ICONS[action]} size={13} />
      </span>
      <div>
        <div className="row">
          <span className="strong">{changes[action]}</span>
          <span className="muted">{who}</span>
          <span className="muted small">
            <Instant at={createdAt} />
          </span>
        </div>
        {reason && <p>“{reason}”</p>}
        {Object.entries(details).map(
          ([name, value]) =>
            value !== 0 && (
              <p key={name} className="muted small">
                {detail(name, value)}
              </p>
            ),
        )}
      </div>
    </li>
  );
}

const actorText = (actor: Change['actor'], name: string) => (actor === 'SESSION' ? browserName(name) : name);

/** "concurrentCallLimit" as "concurrent call limit". */
const spaced = (name: string) =>
  name
    .replaceAll(/([A-Z])/g, ' $1')
    .replaceAll('_', ' ')
    .toLowerCase();

/** Values as they are, but for those of enumerations, which are words. */
function plain(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–';
  if (Array.isArray(value)) return value.map(plain).join(', ');
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value).replace(/^[A-Z_]{4,}$/, (name) => name.toLowerCase().replaceAll('_', ' '));
}

function detail(name: string, value: unknown) {
  if (typeof value === 'object' && value !== null && 'from' in value && 'to' in value) {
    return words.fromTo(spaced(name), plain(value.from), plain(value.to));
  }
  return `${spaced(name)}: ${plain(value)}`;
}
