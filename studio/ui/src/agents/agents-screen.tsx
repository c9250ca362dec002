import { Link, useLocation } from 'wouter';
import { ReadOnly } from '../account/rights';
import { useRefreshAfterReconnect } from '../api/connection';
import { usePagedRows } from '../api/paged-rows';
import { useAdmin } from '../api/viewer';
import { Button } from '../components/button';
import { type Column, DataTable } from '../components/data-table';
import { EmptyState } from '../components/empty-state';
import { Skeleton } from '../components/loaded';
import { FailureNotice } from '../components/notice';
import { PageHeader } from '../components/page-header';
import { graphql } from '../gql';
import type { AgentsQuery } from '../gql/graphql';
import { agents as words } from '../messages/agents';
import { architecture as kinds } from '../messages/words';
import { exactMoney, phone } from '../state/format';
import type { AgentRow } from './agent-row';
import '../account/account.css';

const Agents = graphql(`
  query Agents($first: Int!, $after: String) {
    viewer {
      organization {
        id
        agents(first: $first, after: $after) {
          nodes {
            ...AgentRow
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

const variables = { first: 50 };
const pick = (data: AgentsQuery) => data.viewer.organization.agents;
const href = ({ id }: AgentRow) => `/agents/${encodeURIComponent(id)}`;

/** The voice agents. */
export default function AgentsScreen() {
  const [, navigate] = useLocation();
  const list = usePagedRows({ query: Agents, variables, pick });
  useRefreshAfterReconnect(list.reload);
  const { may, why } = useAdmin();
  const add = (
    <Button look="primary" icon="plus" disabled={!may} title={why} onClick={() => navigate('/agents/new')}>
      {words.add}
    </Button>
  );
  return (
    <div className="stack">
      <PageHeader title={words.title} actions={add}>
        <p className="muted">{words.lead}</p>
      </PageHeader>
      <ReadOnly />
      {list.error && <FailureNotice error={list.error} again={list.reload} />}
      {list.total === null && !list.error && <Skeleton />}
      {list.total === 0 && (
        <EmptyState icon="agent" title={words.emptyTitle} actions={add}>
          {words.emptyText}
        </EmptyState>
      )}
      {list.total !== null && list.total > 0 && (
        <div className="bleed">
          <DataTable
            label={words.table}
            columns={COLUMNS}
            count={list.total}
            rowAt={(index) => list.rows[index]}
            keyOf={({ id }) => id}
            onOpen={(row) => navigate(href(row))}
            onRange={(_, last) => list.need(last)}
            card={Card}
            rowHeight={48}
            cardHeight={96}
          />
        </div>
      )}
    </div>
  );
}

const COLUMNS: Column<AgentRow>[] = [
  { key: 'name', header: words.name, track: 'minmax(140px, 1.4fr)', cell: Name },
  {
    key: 'architecture',
    header: words.architecture,
    track: 'minmax(90px, 0.6fr)',
    cell: ({ architecture }) => kinds[architecture],
  },
  { key: 'variables', header: words.variables, track: 'minmax(150px, 2fr)', cell: Variables },
  { key: 'numbers', header: words.numbers, track: 'minmax(140px, 1.2fr)', cell: Numbers },
  { key: 'price', header: words.price, track: '92px', numeric: true, cell: Price },
];

function Name(row: AgentRow) {
  return (
    <Link className="title-link clip" href={href(row)}>
      {row.name}
    </Link>
  );
}

function Variables({ variables: names }: AgentRow) {
  if (names.length === 0) return <span className="muted">{words.noVariables}</span>;
  return (
    <span className="tags" title={names.join(', ')}>
      {names.map((name) => (
        <code key={name}>{name}</code>
      ))}
    </span>
  );
}

function Numbers({ phoneNumbers: [first, ...more] }: AgentRow) {
  if (!first) return <span className="muted">{words.noNumbers}</span>;
  return (
    <>
      <span className="mono">{phone(first.number)}</span>{' '}
      {more.length > 0 && <span className="muted small">{words.moreNumbers(more.length)}</span>}
    </>
  );
}

function Price({ pricePerCallMicros: price }: AgentRow) {
  if (price === null || price === undefined) return <span className="muted small">{words.cannotCall}</span>;
  return <span title={words.priceTitle}>{exactMoney(price)}</span>;
}

function Card(row: AgentRow) {
  return (
    <div className="stack card-lines">
      <span className="row spread nowrap-row">
        <Name {...row} />
        <Price {...row} />
      </span>
      <span className="small clip">
        {kinds[row.architecture]} · <Numbers {...row} />
      </span>
      <Variables {...row} />
    </div>
  );
}
