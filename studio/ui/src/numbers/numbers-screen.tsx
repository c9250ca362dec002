import { useState } from 'react';
import { Link } from 'wouter';
import { ReadOnly } from '../account/rights';
import { useRefreshAfterReconnect } from '../api/connection';
import { usePagedRows } from '../api/paged-rows';
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
import { numbers as words } from '../messages/numbers';
import { common } from '../messages/shell';
import { count, phone } from '../state/format';
import { AddNumber, AssignAgent, LabelNumber } from './number-dialogs';
import { type NumberRow, NumbersQuery, pickNumbers } from './number-row';

type Open = { dialog: 'add' } | { dialog: 'label' | 'assign'; row: NumberRow };

const variables = { first: 50 };

/** The numbers to call from. */
export default function NumbersScreen() {
  const list = usePagedRows({ query: NumbersQuery, variables, pick: pickNumbers });
  useRefreshAfterReconnect(list.reload);
  const { may, why } = useAdmin();
  const [open, setOpen] = useState<Open | null>(null);
  const add = (
    <Button look="primary" icon="plus" disabled={!may} title={why} onClick={() => setOpen({ dialog: 'add' })}>
      {words.add}
    </Button>
  );
  const actions = (row: NumberRow) => (
    <RowActions row={row} why={why} onOpen={(dialog) => setOpen({ dialog, row })} />
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
        <EmptyState icon="number" title={words.emptyTitle} actions={add}>
          {words.emptyText}
        </EmptyState>
      )}
      {list.total !== null && list.total > 0 && (
        <div className="bleed">
          <DataTable
            label={words.table}
            columns={columns(actions)}
            count={list.total}
            rowAt={(index) => list.rows[index]}
            keyOf={({ id }) => id}
            onRange={(_, last) => list.need(last)}
            card={(row) => <Card row={row} actions={actions(row)} />}
            rowHeight={48}
            cardHeight={100}
          />
        </div>
      )}
      <Dialogs open={open} onClose={() => setOpen(null)} onDone={list.reload} />
    </div>
  );
}

function columns(actions: (row: NumberRow) => React.ReactNode): Column<NumberRow>[] {
  return [
    {
      key: 'number',
      header: words.number,
      track: 'minmax(140px, 1fr)',
      cell: ({ number }) => <span className="mono">{phone(number)}</span>,
    },
    { key: 'label', header: words.label, track: 'minmax(120px, 1.4fr)', cell: Label },
    { key: 'agent', header: words.agent, track: 'minmax(150px, 1.4fr)', cell: Agent },
    {
      key: 'open',
      header: words.open,
      track: '104px',
      numeric: true,
      cell: ({ openBatchJobs: n }) => (n > 0 ? count(n) : <span className="muted">{words.noOpen}</span>),
    },
    {
      key: 'registered',
      header: words.registered,
      track: 'minmax(96px, 0.7fr)',
      cell: ({ createdAt }) => <Instant at={createdAt} />,
    },
    { key: 'actions', header: common.actions, track: '64px', numeric: true, cell: actions },
  ];
}

const Label = ({ label }: NumberRow) => label || <span className="muted">{words.unnamed}</span>;

function Agent({ outboundAgent: agent }: NumberRow) {
  if (!agent) {
    return (
      <span title={words.noAgentTitle}>
        <Badge tone="warn" icon="warning">
          {words.noAgent}
        </Badge>
      </span>
    );
  }
  return (
    <span className="row nowrap-row">
      <Link className="clip" href={`/agents/${encodeURIComponent(agent.id)}`}>
        {agent.name}
      </Link>
      {agent.architecture === 'TEXT' && (
        <span title={words.textAgentTitle}>
          <Badge tone="warn" icon="warning">
            {words.textAgent}
          </Badge>
        </span>
      )}
    </span>
  );
}

function Card({ row, actions }: { row: NumberRow; actions: React.ReactNode }) {
  return (
    <div className="row spread nowrap-row">
      <div className="stack card-lines">
        <span className="clip">
          <span className="mono strong">{phone(row.number)}</span> <span className="muted">{row.label}</span>
        </span>
        <Agent {...row} />
        <span className="muted small">{words.openCount(row.openBatchJobs)}</span>
      </div>
      {actions}
    </div>
  );
}

type RowActionsProps = { row: NumberRow; why: string; onOpen: (dialog: 'label' | 'assign') => void };

function RowActions({ row, why, onOpen }: RowActionsProps) {
  return (
    <span className="row-actions">
      <Menu
        look="quiet"
        icon="more"
        label=""
        name={words.actions(phone(row.number))}
        items={[
          {
            label: words.assign,
            icon: 'agent',
            disabled: why || undefined,
            onSelect: () => onOpen('assign'),
          },
          { label: words.rename, icon: 'edit', disabled: why || undefined, onSelect: () => onOpen('label') },
        ]}
      />
    </span>
  );
}

type DialogsProps = { open: Open | null; onClose: () => void; onDone: () => void };

function Dialogs({ open, onClose, onDone }: DialogsProps) {
  const done = () => {
    onClose();
    onDone();
  };
  switch (open?.dialog) {
    case undefined:
      return null;
    case 'add':
      return <AddNumber onClose={onClose} onDone={done} />;
    case 'label':
      return <LabelNumber row={open.row} onClose={onClose} onDone={done} />;
    case 'assign':
      return <AssignAgent row={open.row} onClose={onClose} onDone={done} />;
  }
}
