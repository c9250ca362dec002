import { useCallback, useMemo } from 'react';
import { useActivity } from '../api/activity';
import { useRefreshAfterReconnect } from '../api/connection';
import { usePagedRows } from '../api/paged-rows';
import { Button, ButtonLink } from '../components/button';
import { Chips } from '../components/chips';
import { EmptyState } from '../components/empty-state';
import { Skeleton } from '../components/loaded';
import { FailureNotice } from '../components/notice';
import { PageHeader } from '../components/page-header';
import { SearchBox } from '../components/search-box';
import { graphql } from '../gql';
import type { BatchesQuery, BatchJobFilter, BatchJobOrder } from '../gql/graphql';
import { batches as words } from '../messages/batches';
import { useChoice, useParameter } from '../state/address';
import { standing } from './batch-row';
import { BatchTable } from './batch-table';
import { NewBatchShortcut } from './new-batch-shortcut';
import './batches.css';

const Batches = graphql(`
  query Batches($first: Int!, $after: String, $filter: BatchJobFilter, $orderBy: BatchJobOrder) {
    viewer {
      organization {
        id
        batchJobs(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
          nodes {
            ...BatchRow
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

const SHOWN = ['active', 'scheduled', 'completed', 'stopped'] as const;
type Shown = (typeof SHOWN)[number];

const STATUSES: Record<Shown, BatchJobFilter['statuses']> = {
  active: ['PENDING', 'RUNNING', 'PAUSED', 'CANCELLING'],
  scheduled: ['SCHEDULED'],
  completed: ['COMPLETED'],
  stopped: ['CANCELLED', 'FAILED'],
};

const ORDERS = ['name', '-name', 'starts', '-starts'] as const;
export type Order = (typeof ORDERS)[number] | '';

const BY: Record<Exclude<Order, ''>, BatchJobOrder> = {
  name: { field: 'NAME', direction: 'ASC' },
  '-name': { field: 'NAME', direction: 'DESC' },
  starts: { field: 'STARTS_AT', direction: 'ASC' },
  '-starts': { field: 'STARTS_AT', direction: 'DESC' },
};

const pick = (data: BatchesQuery) => data.viewer.organization.batchJobs;

/** The list of batches, live. */
export default function BatchesScreen() {
  const [shown, setShown] = useChoice('status', SHOWN);
  const [search, setSearch] = useParameter('q');
  const [order, setOrder] = useChoice('sort', ORDERS);
  const { batchJobs: heard } = useActivity();

  const variables = {
    first: 50,
    filter: { statuses: shown ? STATUSES[shown] : null, search: search || null },
    orderBy: order ? BY[order] : null,
  };
  const list = usePagedRows({ query: Batches, variables, pick });
  useRefreshAfterReconnect(list.reload);

  const rows = useMemo(() => list.rows.map((row) => standing(row, heard.get(row.id))), [list.rows, heard]);
  const known = useMemo(() => new Set(list.rows.map(({ id }) => id)), [list.rows]);
  const unseen =
    shown || search || list.total === null ? 0 : [...heard.keys()].filter((id) => !known.has(id)).length;
  const clear = useCallback(() => {
    setShown('');
    setSearch('');
  }, [setShown, setSearch]);

  return (
    <div className="stack">
      <NewBatchShortcut />
      <PageHeader
        title={words.title}
        actions={
          <ButtonLink href="/batches/new" look="primary" icon="plus">
            {words.newBatch}
          </ButtonLink>
        }
      />
      <div className="row wide">
        <SearchBox label={words.search} value={search} onValue={setSearch} />
        <Chips<Shown | ''>
          label={words.filter}
          value={shown}
          onValue={setShown}
          chips={[{ value: '', label: words.all }, ...SHOWN.map((value) => ({ value, label: words[value] }))]}
        />
        {unseen > 0 && unseen <= heard.size && list.rows.length >= (list.total ?? 0) && (
          <Button compact icon="up" onClick={list.reload}>
            {words.newOnes(unseen)}
          </Button>
        )}
      </div>
      {list.error && <FailureNotice error={list.error} again={list.reload} />}
      {list.total === null && !list.error && <Skeleton lines={8} />}
      {list.total === 0 && (
        <EmptyState
          icon="batches"
          title={shown || search ? words.nothingFound : words.emptyTitle}
          actions={
            shown || search ? (
              <Button onClick={clear}>{words.showAll}</Button>
            ) : (
              <ButtonLink href="/batches/new" look="primary" icon="plus">
                {words.newBatch}
              </ButtonLink>
            )
          }
        >
          {shown || search ? words.nothingFoundText : words.emptyText}
        </EmptyState>
      )}
      {list.total !== null && list.total > 0 && (
        <BatchTable rows={rows} total={list.total} need={list.need} order={order} onOrder={setOrder} />
      )}
    </div>
  );
}
