import { Link, useLocation } from 'wouter';
import { OutcomeBar } from '../charts/outcome-bar';
import { BatchBadge } from '../components/badge';
import { type Column, DataTable } from '../components/data-table';
import { Instant } from '../components/instant';
import { ProgressBar } from '../components/progress-bar';
import { batches as words } from '../messages/batches';
import { notReached, pauseReason, waitingFor } from '../messages/words';
import { money, percent, phone } from '../state/format';
import { useNow } from '../state/now';
import { type BatchRow, finished, isOver } from './batch-row';
import type { Order } from './batches-screen';
import { etaText } from './eta';

type BatchTableProps = {
  rows: BatchRow[];
  total: number;
  need: (index: number) => void;
  order: Order;
  onOrder: (order: Order) => void;
};

const href = ({ id }: BatchRow) => `/batches/${encodeURIComponent(id)}`;

function columns(order: Order, onOrder: (order: Order) => void): Column<BatchRow>[] {
  const by = (name: 'name' | 'starts') => ({
    direction:
      order === name ? ('ascending' as const) : order === `-${name}` ? ('descending' as const) : null,
    toggle: () => onOrder(order === name ? `-${name}` : order === `-${name}` ? '' : name),
  });
  return [
    { key: 'name', header: words.name, track: 'minmax(150px, 2.2fr)', cell: Name, order: by('name') },
    { key: 'status', header: words.status, track: 'minmax(120px, 1.2fr)', cell: Status },
    { key: 'progress', header: words.progress, track: 'minmax(108px, 1.4fr)', cell: Progress },
    { key: 'outcomes', header: words.outcomes, track: 'minmax(72px, 1fr)', cell: Outcomes },
    { key: 'when', header: words.when, track: 'minmax(154px, 1fr)', cell: When, order: by('starts') },
    { key: 'cost', header: words.cost, track: '84px', cell: Cost, numeric: true },
  ];
}

/** Batch jobs as rows that open, or as cards where there is no room for columns. */
export function BatchTable({ rows, total, need, order, onOrder }: BatchTableProps) {
  const [, navigate] = useLocation();
  return (
    <div className="bleed">
      <DataTable
        label={words.table}
        columns={columns(order, onOrder)}
        count={total}
        rowAt={(index) => rows[index]}
        keyOf={({ id }) => id}
        onOpen={(row) => navigate(href(row))}
        onRange={(_, last) => need(last)}
        card={Card}
        rowHeight={56}
        cardHeight={104}
        cardsBelow={860}
      />
    </div>
  );
}

function Name(row: BatchRow) {
  return (
    <>
      <Link className="title-link clip" href={href(row)}>
        {row.name}
      </Link>
      <div className="muted small clip">
        {phone(row.phoneNumber.number)} · {row.agent.name}
      </div>
    </>
  );
}

function Status(row: BatchRow) {
  return (
    <>
      <BatchBadge status={row.status} failed={row.progress.contacts.failed} />
      <Waits row={row} />
    </>
  );
}

/** What it waits for, or what became of those who were not reached. */
function Waits({ row: { status, pauseReason: paused, progress } }: { row: BatchRow }) {
  const { failed, cancelled } = progress.contacts;
  const why =
    status === 'PAUSED' && paused && paused !== 'PERSON'
      ? pauseReason[paused].replace(/^Paused: /, '')
      : status === 'RUNNING' && progress.waitingFor
        ? waitingFor[progress.waitingFor]
        : isOver(status)
          ? [
              status === 'COMPLETED' && failed > 0 && notReached(failed),
              cancelled > 0 && words.cancelled(cancelled),
            ]
              .filter(Boolean)
              .join(', ')
          : '';
  return (
    why && (
      <div className="muted small clip" title={why}>
        {why}
      </div>
    )
  );
}

const howFar = ({ progress }: BatchRow) => words.finishedOf(finished(progress), progress.total);

function Progress(row: BatchRow) {
  const { name, progress } = row;
  return (
    <div className="live-numbers">
      <ProgressBar label={name} progress={progress} />
      <div className="row spread small">
        <span className="nowrap">{howFar(row)}</span>
        <span className="muted">{percent(finished(progress), progress.total)}</span>
      </div>
    </div>
  );
}

function Outcomes({ progress }: BatchRow) {
  return <OutcomeBar progress={progress} label={words.outcomes} />;
}

function When(row: BatchRow) {
  if (row.endedAt && isOver(row.status)) return <Said what={words.ended} at={row.endedAt} />;
  if (row.startedAt)
    return (
      <>
        <Left row={row} />
        <div className="muted small">
          {words.started} <Instant at={row.startedAt} />
        </div>
      </>
    );
  return <Said what={words.starts} at={row.scheduledStartTime ?? row.createdAt} />;
}

function Said({ what, at }: { what: string; at: string }) {
  return (
    <>
      <div className="muted small">{what}</div>
      <Instant at={at} />
    </>
  );
}

function Left({ row }: { row: BatchRow }) {
  const eta = etaText(row.status === 'RUNNING' ? row.progress.eta : null, useNow());
  return <div className="live-numbers">{eta ? words.left(eta.short.replace('about ', '~')) : ''}</div>;
}

function Cost({ progress, estimate, status }: BatchRow) {
  return (
    <div className="live-numbers">
      {money(progress.spentMicros)}
      {!isOver(status) && (
        <div className="muted small">
          {words.estimated(money(estimate.costMicros)).replace('about ', '~')}
        </div>
      )}
    </div>
  );
}

function Card(row: BatchRow) {
  const { progress } = row;
  return (
    <div className="batch-card">
      <div className="row spread nowrap-row">
        <Link className="title-link clip" href={href(row)}>
          {row.name}
        </Link>
        <BatchBadge status={row.status} failed={progress.contacts.failed} />
      </div>
      <ProgressBar label={row.name} progress={progress} />
      <div className="row spread small live-numbers nowrap-row">
        <span className="row nowrap-row clip">
          <span className="nowrap">{howFar(row)}</span>
          <Waits row={row} />
        </span>
        <span className="nowrap">{money(progress.spentMicros)}</span>
      </div>
      <div className="muted small clip">
        {phone(row.phoneNumber.number)} · {row.agent.name}
      </div>
    </div>
  );
}
