import { useLocation } from 'wouter';
import { CallState, type LiveCall } from '../batch/live-calls';
import { type Column, DataTable } from '../components/data-table';
import { EmptyState } from '../components/empty-state';
import { callsWords as words } from '../messages/batch';
import { phone } from '../state/format';

export type ListedCall = LiveCall & { batch: { id: string; name: string } };

const COLUMNS: Column<ListedCall>[] = [
  {
    key: 'number',
    header: words.number,
    track: 'minmax(140px, 1fr)',
    cell: ({ contact }) => <span className="mono">{phone(contact.phone)}</span>,
  },
  {
    key: 'name',
    header: words.name,
    track: 'minmax(120px, 1.5fr)',
    cell: ({ contact }) => contact.name ?? '–',
  },
  { key: 'batch', header: words.batchName, track: 'minmax(120px, 1.5fr)', cell: ({ batch }) => batch.name },
  { key: 'try', header: words.attempt, track: '56px', numeric: true, cell: ({ number }) => number },
  {
    key: 'state',
    header: words.duration,
    track: '160px',
    numeric: true,
    cell: (call) => <CallState call={call} />,
  },
];

/** Calls in progress, those that have been longest first. Each leads to its contact. */
export function CallTable({ calls }: { calls: ListedCall[] }) {
  const [, navigate] = useLocation();
  if (calls.length === 0) return <EmptyState icon="phone" title={words.none} />;
  return (
    <div className="bleed live-numbers">
      <DataTable
        label={words.table}
        columns={COLUMNS}
        count={calls.length}
        rowAt={(index) => calls[index]}
        keyOf={({ id }) => id}
        onOpen={({ batch, contact }) =>
          navigate(`/batches/${encodeURIComponent(batch.id)}/contacts/${encodeURIComponent(contact.id)}`)
        }
        card={(call) => (
          <>
            <div className="row spread nowrap-row">
              <span className="mono">{phone(call.contact.phone)}</span>
              <CallState call={call} />
            </div>
            <div className="muted small clip">
              {call.contact.name ?? '–'} · {call.batch.name}
            </div>
          </>
        )}
      />
    </div>
  );
}
