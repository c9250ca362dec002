import { useEffect, useRef, useState } from 'react';
import { Link } from 'wouter';
import { useActivity } from '../api/activity';
import { useRefreshAfterReconnect } from '../api/connection';
import { usePagedRows } from '../api/paged-rows';
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
import type { LedgerQuery } from '../gql/graphql';
import type { CreditKind } from '../gql/words';
import { creditKind, credits as words } from '../messages/credits';
import { common } from '../messages/shell';
import { useChoice, useParameter } from '../state/address';
import { exactMoney } from '../state/format';

const LedgerLines = graphql(`
  query Ledger($first: Int!, $after: String, $filter: CreditEntryFilter) {
    viewer {
      organization {
        id
        creditLedger(first: $first, after: $after, filter: $filter) {
          nodes {
            id
            kind
            balanceDeltaMicros
            heldDeltaMicros
            note
            createdAt
            batchJob {
              id
              name
            }
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

const pick = (data: LedgerQuery) => data.viewer.organization.creditLedger;

type Line = ReturnType<typeof pick>['nodes'][number];

const KINDS: CreditKind[] = ['TOP_UP', 'HOLD', 'CAPTURE', 'RELEASE'];

const LOOKS: Record<CreditKind, [BadgeTone, IconName]> = {
  TOP_UP: ['good', 'plus'],
  HOLD: ['plan', 'clock'],
  CAPTURE: ['accent', 'phone'],
  RELEASE: ['calm', 'retry'],
};

/** Every change of the credits; anew when epoch changes. */
export function Ledger({ epoch }: { epoch: number }) {
  const [kind, setKind] = useChoice('kind', KINDS);
  const [batch, setBatch] = useParameter('batch');
  const list = usePagedRows({
    query: LedgerLines,
    variables: { first: 50, filter: { kinds: kind ? [kind] : null, batchJobId: batch || null } },
    pick,
  });
  const { reload } = list;
  useRefreshAfterReconnect(reload);
  const last = useRef(epoch);
  useEffect(() => {
    if (last.current !== epoch) reload();
    last.current = epoch;
  }, [epoch, reload]);
  const grown = useGrown(list.fetching);
  const filtered = kind !== '' || batch !== '';
  const clear = () => {
    setKind('');
    setBatch('');
  };
  return (
    <section className="stack" aria-labelledby="ledger">
      <div className="row wide">
        <h2 id="ledger">{words.ledger}</h2>
        <Chips<CreditKind | ''>
          label={words.filter}
          value={kind}
          onValue={setKind}
          chips={[
            { value: '', label: words.all },
            ...KINDS.map((value) => ({ value, label: creditKind[value] })),
          ]}
        />
        {batch && (
          <Button compact icon="cross" onClick={() => setBatch('')}>
            {words.onlyBatch}
          </Button>
        )}
        {grown && (
          <Button compact icon="up" onClick={reload}>
            {words.newLines}
          </Button>
        )}
      </div>
      {list.error && <FailureNotice error={list.error} again={reload} />}
      {list.total === null && !list.error && <Skeleton />}
      {list.total === 0 && (
        <EmptyState
          icon="credits"
          title={filtered ? words.nothingFound : words.emptyTitle}
          actions={filtered && <Button onClick={clear}>{words.showAll}</Button>}
        >
          {filtered ? words.nothingFoundText : words.emptyText}
        </EmptyState>
      )}
      {list.total !== null && list.total > 0 && (
        <div className="bleed">
          <DataTable
            label={words.ledger}
            columns={COLUMNS}
            count={list.total}
            rowAt={(index) => list.rows[index]}
            keyOf={({ id }) => id}
            onRange={(_, end) => list.need(end)}
            card={Card}
            cardHeight={84}
          />
        </div>
      )}
    </section>
  );
}

/** Whether credits have changed since the lines were read. */
function useGrown(fetching: boolean): boolean {
  const { credits } = useActivity();
  const now = credits && `${credits.balanceMicros} ${credits.heldMicros}`;
  const [read, setRead] = useState(now);
  useEffect(() => {
    if (fetching || read === null) setRead(now);
  }, [fetching, read, now]);
  return !fetching && read !== null && read !== now;
}

const COLUMNS: Column<Line>[] = [
  {
    key: 'when',
    header: words.when,
    track: 'minmax(116px, 0.8fr)',
    cell: ({ createdAt }) => <Instant at={createdAt} />,
  },
  { key: 'what', header: words.what, track: 'minmax(150px, 1fr)', cell: What },
  { key: 'batch', header: words.batch, track: 'minmax(160px, 2fr)', cell: About },
  {
    key: 'balance',
    header: words.balanceChange,
    track: 'minmax(100px, 0.7fr)',
    numeric: true,
    cell: ({ balanceDeltaMicros: micros }) => <Change micros={micros} />,
  },
  {
    key: 'held',
    header: words.heldChange,
    track: 'minmax(100px, 0.7fr)',
    numeric: true,
    cell: ({ heldDeltaMicros: micros }) => <Change micros={micros} />,
  },
];

function What({ kind }: Line) {
  const [tone, icon] = LOOKS[kind];
  return (
    <Badge tone={tone} icon={icon}>
      {creditKind[kind]}
    </Badge>
  );
}

function About({ batchJob, note }: Line) {
  return (
    <>
      {batchJob && <Link href={`/batches/${encodeURIComponent(batchJob.id)}`}>{batchJob.name}</Link>}
      {batchJob && note && ' · '}
      {note && <span className="muted">{note}</span>}
    </>
  );
}

function Change({ micros }: { micros: number }) {
  if (micros === 0) return <span className="muted">{common.dash}</span>;
  return (
    <>
      {micros > 0 ? '+' : '−'}
      {exactMoney(Math.abs(micros))}
    </>
  );
}

function Card(line: Line) {
  return (
    <div className="stack card-lines">
      <span className="row spread nowrap-row">
        <What {...line} />
        <span className="muted small">
          <Instant at={line.createdAt} />
        </span>
      </span>
      <span className="clip">
        <About {...line} />
      </span>
      <span className="small">
        {words.balanceChange} <Change micros={line.balanceDeltaMicros} /> · {words.heldChange}{' '}
        <Change micros={line.heldDeltaMicros} />
      </span>
    </div>
  );
}
