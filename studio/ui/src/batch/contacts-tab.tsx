import { useCallback, useRef, useState } from 'react';
import { useClient } from 'urql';
import { useLocation, useSearch } from 'wouter';
import { type PagedRows, usePagedRows } from '../api/paged-rows';
import { useThrottledRefresh } from '../api/throttled-refresh';
import { endedBySeries, SERIES } from '../charts/outcome-series';
import { ContactBadge, OutcomeBadge } from '../components/badge';
import { Button } from '../components/button';
import { type Chip, Chips } from '../components/chips';
import { type Column, DataTable } from '../components/data-table';
import { EmptyState } from '../components/empty-state';
import { Instant } from '../components/instant';
import { Skeleton } from '../components/loaded';
import { FailureNotice } from '../components/notice';
import { SearchBox } from '../components/search-box';
import { graphql } from '../gql';
import type { ContactFilter, ContactRowFragment, ContactsQuery } from '../gql/graphql';
import { contactsWords as words } from '../messages/batch';
import { contactStatus, outcome as outcomeWords } from '../messages/words';
import { useChoice, useParameter } from '../state/address';
import { clock, count, money, phone } from '../state/format';
import { useNow } from '../state/now';
import type { Batch, Progress } from './use-batch';

const Contacts = graphql(`
  query Contacts($id: ID!, $first: Int!, $after: String, $filter: ContactFilter) {
    batchJob(id: $id) {
      id
      contacts(first: $first, after: $after, filter: $filter) {
        nodes {
          ...ContactRow
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

export const ContactRowFields = graphql(`
  fragment ContactRow on Contact {
    id
    row
    phone
    name
    status
    lastOutcome
    attemptCount
    nextAttemptAt
    attempts {
      id
      talkSeconds
      costMicros
    }
  }
`);

const ContactsAgain = graphql(`
  query ContactsAgain($ids: [ID!]!, $id: ID!, $filter: ContactFilter) {
    nodes(ids: $ids) {
      ... on Contact {
        ...ContactRow
      }
    }
    batchJob(id: $id) {
      id
      contacts(first: 1, filter: $filter) {
        totalCount
      }
    }
  }
`);

type Contact = ContactRowFragment;

const SHOWN = [
  'waiting',
  'retrying',
  'dialing',
  ...SERIES.map(({ key }) => key),
  'unreached',
  'cancelled',
] as const;
type Shown = (typeof SHOWN)[number];

function filterOf(shown: Shown | ''): ContactFilter {
  switch (shown) {
    case '':
      return {};
    case 'waiting':
      return { statuses: ['PENDING'] };
    case 'retrying':
      return { retrying: true };
    case 'dialing':
      return { statuses: ['DIALING'] };
    case 'unreached':
      return { statuses: ['FAILED'] };
    case 'cancelled':
      return { statuses: ['CANCELLED'] };
    default:
      return {
        statuses: ['COMPLETED', 'FAILED'],
        outcomes: [...(SERIES.find(({ key }) => key === shown)?.outcomes ?? [])],
      };
  }
}

function chips({ contacts, outcomes, total }: Progress, shown: Shown | ''): Chip<Shown | ''>[] {
  const counts = endedBySeries(outcomes);
  const all: Chip<Shown | ''>[] = [
    { value: '', label: words.all, count: total },
    { value: 'waiting', label: words.waiting, count: contacts.pending },
    { value: 'retrying', label: words.retrying },
    { value: 'dialing', label: words.dialing, count: contacts.dialing },
    ...SERIES.map(({ key, label }, i) => ({ value: key, label, count: counts[i] ?? 0 })),
    { value: 'unreached', label: contactStatus.FAILED, count: contacts.failed },
    { value: 'cancelled', label: words.cancelled, count: contacts.cancelled },
  ];
  return all.filter(({ value, count }) => value === '' || value === shown || (count ?? contacts.pending) > 0);
}

const pick = (data: ContactsQuery) => data.batchJob?.contacts;
const PAGE = 100;
const REFRESH = 1_500;

type ContactsTabProps = { batch: Batch; live: boolean; current: string | undefined };

/** The contacts of a batch, as far as somebody scrolls, and as they change. */
export default function ContactsTab({ batch, live, current }: ContactsTabProps) {
  const [shown, setShown] = useChoice('status', SHOWN);
  const [search, setSearch] = useParameter('q');
  const filter: ContactFilter = { ...filterOf(shown), search: search || null };
  const list = usePagedRows({ query: Contacts, variables: { id: batch.id, first: PAGE, filter }, pick });
  const { changed, range } = useFollow(batch, live, list, filter);
  const clear = () => {
    setShown('');
    setSearch('');
  };
  return (
    <div className="stack">
      <div className="row wide">
        <SearchBox label={words.search} value={search} onValue={setSearch} />
        {changed !== 0 && (
          <Button compact icon="retry" onClick={list.reload}>
            {words.changed(changed)}
          </Button>
        )}
      </div>
      <Chips<Shown | ''>
        label={words.filter}
        chips={chips(batch.progress, shown)}
        value={shown}
        onValue={setShown}
      />
      {list.error && <FailureNotice error={list.error} again={list.reload} />}
      {list.total === null && !list.error && <Skeleton lines={10} />}
      {list.total === 0 && (
        <EmptyState
          icon="search"
          title={words.nobody}
          actions={(shown || search) && <Button onClick={clear}>{words.showAll}</Button>}
        >
          {words.nobodyText}
        </EmptyState>
      )}
      {list.total !== null && list.total > 0 && (
        <ContactTable batch={batch} list={list} current={current} onRange={range} />
      )}
    </div>
  );
}

/** Reads the rows in sight again as the batch moves; they stay where they are. */
function useFollow(batch: Batch, live: boolean, list: PagedRows<Contact>, filter: ContactFilter) {
  const client = useClient();
  const sight = useRef<[number, number]>([0, 0]);
  const [now, setNow] = useState<number | null>(null);
  const key = JSON.stringify(filter);
  const refresh = useCallback(async () => {
    const [first, last] = sight.current;
    const ids = list.rows.slice(first, Math.min(last + 1, first + PAGE)).map(({ id }) => id);
    if (list.total === null) return;
    const variables = { ids, id: batch.id, filter: JSON.parse(key) as ContactFilter };
    const { data } = await client
      .query(ContactsAgain, variables, { requestPolicy: 'network-only' })
      .toPromise();
    if (!data) return;
    list.patch(
      data.nodes.filter(
        (node): node is Contact & { __typename: 'Contact' } => node !== null && 'row' in node,
      ),
    );
    setNow(data.batchJob?.contacts.totalCount ?? null);
  }, [client, batch.id, key, list]);
  useThrottledRefresh(live ? batch.progress.version : -1, REFRESH, refresh);
  const { need } = list;
  const range = useCallback(
    (first: number, last: number) => {
      sight.current = [first, last];
      need(last);
    },
    [need],
  );
  const changed = now === null || list.total === null || list.fetching ? 0 : Math.abs(now - list.total);
  return { changed, range };
}

const talked = ({ attempts }: Contact) => attempts.reduce((sum, { talkSeconds }) => sum + talkSeconds, 0);
const cost = ({ attempts }: Contact) => attempts.reduce((sum, { costMicros }) => sum + costMicros, 0);

function columns(batch: Batch): Column<Contact>[] {
  return [
    {
      key: 'phone',
      header: words.phone,
      track: 'minmax(140px, 1fr)',
      cell: ({ phone: number }) => <span className="mono">{phone(number)}</span>,
    },
    { key: 'name', header: words.name, track: 'minmax(100px, 1.4fr)', cell: ({ name }) => name ?? '–' },
    { key: 'outcome', header: words.outcome, track: 'minmax(168px, 1.6fr)', cell: EndingWithLast },
    {
      key: 'tries',
      header: words.tries,
      track: '52px',
      numeric: true,
      cell: ({ attemptCount }) => `${attemptCount}/${batch.maxAttempts}`,
    },
    {
      key: 'next',
      header: words.next,
      track: 'minmax(120px, 1fr)',
      cell: (contact) => <Next contact={contact} paused={batch.status === 'PAUSED'} />,
    },
    {
      key: 'duration',
      header: words.duration,
      track: '72px',
      numeric: true,
      cell: (contact) => (talked(contact) > 0 ? clock(talked(contact)) : '–'),
    },
    {
      key: 'cost',
      header: words.cost,
      track: '72px',
      numeric: true,
      cell: (contact) => (cost(contact) > 0 ? money(cost(contact)) : '–'),
    },
  ];
}

function Ending({ status, lastOutcome }: Contact) {
  if (lastOutcome && (status === 'COMPLETED' || status === 'FAILED'))
    return <OutcomeBadge outcome={lastOutcome} />;
  return <ContactBadge status={status} />;
}

function EndingWithLast(contact: Contact) {
  const { status, lastOutcome } = contact;
  return (
    <>
      <Ending {...contact} />
      {lastOutcome && status === 'PENDING' && (
        <span className="muted small"> {words.after(outcomeWords[lastOutcome].toLowerCase())}</span>
      )}
    </>
  );
}

function Next({ contact, paused }: { contact: Contact; paused: boolean }) {
  const { nextAttemptAt, status, attemptCount } = contact;
  const now = useNow();
  if (!nextAttemptAt || status !== 'PENDING' || attemptCount === 0) return <span className="muted">–</span>;
  const wait = (Date.parse(nextAttemptAt) - now) / 1000;
  return (
    <>
      {(wait > 0 || !paused) && <Instant at={nextAttemptAt} style="minute" />}{' '}
      <span className="muted small">{words.nextIn(wait, paused)}</span>
    </>
  );
}

type ContactTableProps = {
  batch: Batch;
  list: PagedRows<Contact>;
  current: string | undefined;
  onRange: (first: number, last: number) => void;
};

function ContactTable({ batch, list, current, onRange }: ContactTableProps) {
  const [, navigate] = useLocation();
  const search = useSearch();
  const base = `/batches/${encodeURIComponent(batch.id)}/contacts/`;
  return (
    <div className="bleed live-numbers">
      <DataTable
        label={words.table}
        columns={columns(batch)}
        count={list.total ?? 0}
        rowAt={(index) => list.rows[index]}
        keyOf={({ id }) => id}
        onOpen={({ id }) => navigate(`${base}${encodeURIComponent(id)}${search && `?${search}`}`)}
        onRange={onRange}
        current={current}
        cardsBelow={900}
        card={(contact) => (
          <>
            <div className="row spread nowrap-row">
              <span className="mono">{phone(contact.phone)}</span>
              <Ending {...contact} />
            </div>
            <div className="muted small clip">
              {contact.name ?? '–'} · {words.tries} {count(contact.attemptCount)}/{batch.maxAttempts}
            </div>
          </>
        )}
      />
    </div>
  );
}
