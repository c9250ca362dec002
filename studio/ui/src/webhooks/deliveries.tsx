import { useEffect, useRef } from 'react';
import { useClient } from 'urql';
import { useRefreshAfterReconnect } from '../api/connection';
import { type PagedRows, usePagedRows } from '../api/paged-rows';
import { Badge, type BadgeTone } from '../components/badge';
import { Button } from '../components/button';
import { Chips } from '../components/chips';
import { type Column, DataTable } from '../components/data-table';
import { EmptyState } from '../components/empty-state';
import type { IconName } from '../components/icon';
import { Instant } from '../components/instant';
import { Skeleton } from '../components/loaded';
import { FailureNotice } from '../components/notice';
import { graphql } from '../gql';
import type { DeliveriesQuery } from '../gql/graphql';
import type { WebhookDeliveryStatus } from '../gql/words';
import { common } from '../messages/shell';
import { deliveryStatus, webhookEvent, webhooks as words } from '../messages/webhooks';
import { useChoice, useParameter } from '../state/address';
import { count } from '../state/format';
import { DeliveryPanel } from './delivery-panel';
import { DeliveriesById, type Delivery } from './delivery-row';
import type { Endpoint } from './endpoint-row';

const DeliveriesOf = graphql(`
  query Deliveries($id: ID!, $first: Int!, $after: String, $filter: WebhookDeliveryFilter) {
    node(id: $id) {
      id
      ... on WebhookEndpoint {
        deliveries(first: $first, after: $after, filter: $filter) {
          nodes {
            ...Delivery
          }
          pageInfo {
            hasNextPage
            endCursor
          }
          totalCount
        }
      }
    }
  }
`);

const pick = ({ node }: DeliveriesQuery) => (node && 'deliveries' in node ? node.deliveries : null);

const STATUSES: WebhookDeliveryStatus[] = ['PENDING', 'DELIVERED', 'FAILED'];

const LOOKS: Record<WebhookDeliveryStatus, [BadgeTone, IconName]> = {
  PENDING: ['accent', 'clock'],
  DELIVERED: ['good', 'check'],
  FAILED: ['bad', 'cross'],
};

/** Where a delivery is. */
export function DeliveryBadge({ status }: { status: WebhookDeliveryStatus }) {
  const [tone, icon] = LOOKS[status];
  return (
    <Badge tone={tone} icon={icon}>
      {deliveryStatus[status]}
    </Badge>
  );
}

type DeliveriesProps = {
  endpoint: Endpoint;
  epoch: number;
  /** Reads the endpoint anew: what became of a delivery may have switched it off. */
  look: () => void;
};

/** What was sent to an endpoint; anew when epoch changes. */
export function Deliveries({ endpoint, epoch, look }: DeliveriesProps) {
  const [status, setStatus] = useChoice('status', STATUSES);
  const [open, setOpen] = useParameter('delivery');
  const list = usePagedRows({
    query: DeliveriesOf,
    variables: { id: endpoint.id, first: 50, filter: { statuses: status ? [status] : null } },
    pick,
  });
  const { reload } = list;
  useRefreshAfterReconnect(reload);
  usePending(list);
  const failed = list.rows.reduce((ids, row) => (row?.status === 'FAILED' ? ids + row.id : ids), '');
  useEffect(() => {
    if (failed) look();
  }, [failed, look]);
  // Sent by this page, or given up because the endpoint was switched off.
  const state = `${epoch} ${endpoint.enabled}`;
  const last = useRef(state);
  useEffect(() => {
    if (last.current !== state) reload();
    last.current = state;
  }, [state, reload]);
  return (
    <section className="stack" aria-labelledby="log">
      <div className="row wide">
        <h2 id="log">{words.log}</h2>
        <Chips<WebhookDeliveryStatus | ''>
          label={words.filter}
          value={status}
          onValue={setStatus}
          chips={[
            { value: '', label: words.all },
            ...STATUSES.map((value) => ({ value, label: deliveryStatus[value] })),
          ]}
        />
        <Button
          compact
          icon="retry"
          onClick={() => {
            reload();
            look();
          }}
        >
          {words.refresh}
        </Button>
      </div>
      {list.error && <FailureNotice error={list.error} again={reload} />}
      {list.total === null && !list.error && <Skeleton />}
      {list.total === 0 && (
        <EmptyState
          icon="webhook"
          title={status ? words.nothingFound : words.noDeliveries}
          actions={status && <Button onClick={() => setStatus('')}>{words.showAll}</Button>}
        >
          {!status && words.noDeliveriesText}
        </EmptyState>
      )}
      {list.total !== null && list.total > 0 && (
        <div className="bleed">
          <DataTable
            label={words.log}
            columns={COLUMNS}
            count={list.total}
            rowAt={(index) => list.rows[index]}
            keyOf={({ id }) => id}
            onOpen={({ id }) => setOpen(id)}
            current={open}
            onRange={(_, end) => list.need(end)}
            card={Card}
            rowHeight={44}
            cardHeight={72}
          />
        </div>
      )}
      {open && (
        <DeliveryPanel
          id={open}
          version={versionOf(list.rows.find(({ id }) => id === open))}
          enabled={endpoint.enabled}
          onClose={() => setOpen('')}
          onReplayed={(id) => {
            reload();
            setOpen(id);
          }}
        />
      )}
    </section>
  );
}

const versionOf = (row: Delivery | undefined) => (row ? `${row.status} ${row.tries}` : '');

const LOOK_EVERY = 1_500;
const MOST = 100;

/** Looks after deliveries that are about to be tried, until they have ended. */
function usePending(list: PagedRows<Delivery>) {
  const client = useClient();
  const { rows, patch } = list;
  useEffect(() => {
    const due = () =>
      rows
        .filter(({ nextTryAt }) => nextTryAt && Date.parse(nextTryAt) <= Date.now() + LOOK_EVERY)
        .slice(0, MOST)
        .map(({ id }) => id);
    if (!rows.some(({ status }) => status === 'PENDING')) return;
    const timer = setInterval(async () => {
      const ids = due();
      if (ids.length === 0) return;
      const { data } = await client
        .query(DeliveriesById, { ids }, { requestPolicy: 'network-only' })
        .toPromise();
      const newer = (data?.nodes ?? []).filter((node) => node?.__typename === 'WebhookDelivery');
      if (newer.length > 0) patch(newer as Delivery[]);
    }, LOOK_EVERY);
    return () => clearInterval(timer);
  }, [client, rows, patch]);
}

const COLUMNS: Column<Delivery>[] = [
  {
    key: 'event',
    header: words.event,
    track: 'minmax(140px, 1.2fr)',
    cell: ({ event }) => <span className="mono">{webhookEvent[event]}</span>,
  },
  {
    key: 'status',
    header: words.status,
    track: 'minmax(110px, 0.8fr)',
    cell: ({ status }) => <DeliveryBadge status={status} />,
  },
  { key: 'answer', header: words.answer, track: 'minmax(140px, 2fr)', cell: Answer },
  {
    key: 'tries',
    header: words.tries,
    track: '64px',
    numeric: true,
    cell: ({ tries }) => count(tries),
  },
  {
    key: 'next',
    header: words.nextTry,
    track: 'minmax(92px, 0.7fr)',
    cell: ({ nextTryAt }) =>
      nextTryAt ? <Instant at={nextTryAt} /> : <span className="muted">{common.dash}</span>,
  },
  {
    key: 'when',
    header: words.when,
    track: 'minmax(92px, 0.7fr)',
    cell: ({ createdAt }) => <Instant at={createdAt} />,
  },
];

function Answer({ responseStatus, error }: Delivery) {
  const status = typeof responseStatus === 'number' && words.httpStatus(responseStatus);
  const text = [status, error].filter(Boolean).join(' · ');
  return text ? <span title={text}>{text}</span> : <span className="muted">{common.dash}</span>;
}

function Card(row: Delivery) {
  return (
    <div className="stack card-lines">
      <span className="row spread nowrap-row">
        <span className="mono clip">{webhookEvent[row.event]}</span>
        <DeliveryBadge status={row.status} />
      </span>
      <span className="row spread nowrap-row small">
        <span className="clip">
          <Answer {...row} />
        </span>
        <span className="muted nowrap">
          <Instant at={row.createdAt} />
        </span>
      </span>
    </div>
  );
}
