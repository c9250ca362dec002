import { useState } from 'react';
import { AdminOnly } from '../account/rights';
import { useRefreshAfterReconnect } from '../api/connection';
import { type PagedRows, usePagedRows } from '../api/paged-rows';
import { useAdmin } from '../api/viewer';
import { Badge } from '../components/badge';
import { Button } from '../components/button';
import { type Column, DataTable } from '../components/data-table';
import { EmptyState } from '../components/empty-state';
import { Instant } from '../components/instant';
import { Skeleton } from '../components/loaded';
import { Menu } from '../components/menu';
import { FailureNotice } from '../components/notice';
import { PageHeader } from '../components/page-header';
import { graphql } from '../gql';
import type { KeyRowFragment, KeysQuery } from '../gql/graphql';
import { keys as words } from '../messages/keys';
import { common } from '../messages/shell';
import { NewKey, RevokeKey } from './key-dialogs';
import '../account/account.css';

export const KeyRowFields = graphql(`
  fragment KeyRow on ApiKey {
    id
    name
    prefix
    scopes
    createdAt
    expiresAt
    lastUsedAt
    revokedAt
  }
`);

const Keys = graphql(`
  query Keys($first: Int!, $after: String) {
    viewer {
      organization {
        id
        apiKeys(first: $first, after: $after) {
          nodes {
            ...KeyRow
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

export type KeyRow = KeyRowFragment;

const variables = { first: 50 };
const pick = (data: KeysQuery) => data.viewer.organization.apiKeys;

/** The API keys. */
export default function KeysScreen() {
  const { may, why } = useAdmin();
  const [adding, setAdding] = useState(false);
  const add = (
    <Button look="primary" icon="plus" disabled={!may} title={why} onClick={() => setAdding(true)}>
      {words.add}
    </Button>
  );
  return (
    <div className="stack">
      <PageHeader title={words.title} actions={add}>
        <p className="muted">{words.lead}</p>
      </PageHeader>
      <AdminOnly>
        <List add={add} adding={adding} onAdded={() => setAdding(false)} />
      </AdminOnly>
    </div>
  );
}

type ListProps = { add: React.ReactNode; adding: boolean; onAdded: () => void };

function List({ add, adding, onAdded }: ListProps) {
  const list = usePagedRows({ query: Keys, variables, pick });
  useRefreshAfterReconnect(list.reload);
  const [revoking, setRevoking] = useState<KeyRow | null>(null);
  return (
    <>
      {list.error && <FailureNotice error={list.error} again={list.reload} />}
      {list.total === null && !list.error && <Skeleton />}
      {list.total === 0 && (
        <EmptyState icon="key" title={words.emptyTitle} actions={add}>
          {words.emptyText}
        </EmptyState>
      )}
      {list.total !== null && list.total > 0 && (
        <Table list={list} total={list.total} onRevoke={setRevoking} />
      )}
      {adding && <NewKey onClose={onAdded} onMade={list.reload} />}
      {revoking && (
        <RevokeKey
          row={revoking}
          onClose={() => setRevoking(null)}
          onDone={() => {
            setRevoking(null);
            list.reload();
          }}
        />
      )}
    </>
  );
}

type TableProps = { list: PagedRows<KeyRow>; total: number; onRevoke: (row: KeyRow) => void };

function Table({ list, total, onRevoke }: TableProps) {
  const actions = (row: KeyRow) => (
    <span className="row-actions">
      <Menu
        look="quiet"
        icon="more"
        label=""
        name={words.actions(row.name)}
        items={[
          {
            label: words.revoke,
            icon: 'cross',
            danger: true,
            disabled: row.revokedAt ? words.revokedAlready : undefined,
            onSelect: () => onRevoke(row),
          },
        ]}
      />
    </span>
  );
  return (
    <div className="bleed">
      <DataTable
        label={words.table}
        columns={columns(actions)}
        count={total}
        rowAt={(index) => list.rows[index]}
        keyOf={({ id }) => id}
        onRange={(_, last) => list.need(last)}
        card={(row) => <Card row={row} actions={actions(row)} />}
        rowHeight={48}
        cardHeight={116}
        cardsBelow={920}
      />
    </div>
  );
}

function columns(actions: (row: KeyRow) => React.ReactNode): Column<KeyRow>[] {
  return [
    {
      key: 'name',
      header: words.name,
      track: 'minmax(110px, 1.3fr)',
      cell: ({ name }) => <span className="strong">{name}</span>,
    },
    { key: 'prefix', header: words.prefix, track: 'minmax(104px, 0.8fr)', cell: Prefix },
    { key: 'scopes', header: words.scopes, track: 'minmax(232px, 1.4fr)', cell: Scopes },
    { key: 'state', header: words.state, track: 'minmax(98px, 0.7fr)', cell: State },
    {
      key: 'created',
      header: words.created,
      track: 'minmax(88px, 0.7fr)',
      cell: ({ createdAt }) => <Instant at={createdAt} />,
    },
    { key: 'used', header: words.used, track: 'minmax(88px, 0.7fr)', cell: Used },
    { key: 'expires', header: words.expires, track: 'minmax(88px, 0.7fr)', cell: Expires },
    { key: 'actions', header: common.actions, track: '64px', numeric: true, cell: actions },
  ];
}

const Prefix = ({ prefix }: KeyRow) => <span className="mono">{prefix}…</span>;

const Scopes = ({ scopes }: KeyRow) => (
  <span data-scopes>{scopes.map((scope) => words.scope[scope]).join(', ')}</span>
);

const OrNever = ({ at }: { at: string | null | undefined }) =>
  at ? <Instant at={at} /> : <span className="muted">{words.never}</span>;

const Used = ({ lastUsedAt }: KeyRow) => <OrNever at={lastUsedAt} />;

const Expires = ({ expiresAt }: KeyRow) => <OrNever at={expiresAt} />;

function State({ revokedAt, expiresAt }: KeyRow) {
  if (revokedAt) {
    return (
      <Badge tone="calm" icon="cross">
        {words.revoked}
      </Badge>
    );
  }
  if (expiresAt && Date.parse(expiresAt) <= Date.now()) {
    return (
      <Badge tone="calm" icon="clock">
        {words.expired}
      </Badge>
    );
  }
  return (
    <Badge tone="good" icon="check">
      {words.inForce}
    </Badge>
  );
}

function Card({ row, actions }: { row: KeyRow; actions: React.ReactNode }) {
  return (
    <div className="row spread nowrap-row">
      <div className="stack card-lines">
        <span className="row nowrap-row">
          <span className="strong clip">{row.name}</span>
          <State {...row} />
        </span>
        <Prefix {...row} />
        <Scopes {...row} />
        <span className="muted small clip">
          {words.used} <Used {...row} /> · {words.expires} <Expires {...row} />
        </span>
      </div>
      {actions}
    </div>
  );
}
