import { useState } from 'react';
import { useLocation } from 'wouter';
import { curl } from '../api/curl';
import { isOver } from '../batches/batch-row';
import { Button } from '../components/button';
import { copy } from '../components/copy-button';
import type { IconName } from '../components/icon';
import { Menu, type MenuItem } from '../components/menu';
import type { BatchAction } from '../gql/words';
import { actionNames, dialogs, batch as words } from '../messages/batch';
import { useShortcut } from '../state/shortcuts';
import { ActionDialog } from './action-dialog';
import { retriable } from './retriable';
import { allowed, type Batch, BatchQuery } from './use-batch';

const ICONS: Record<BatchAction, IconName> = {
  PAUSE: 'pause',
  RESUME: 'play',
  CANCEL: 'cross',
  HANG_UP: 'stop',
  RESCHEDULE: 'clock',
  UPDATE: 'edit',
  RETRY: 'retry',
};

/** What stands as buttons, by what the batch is doing; the rest is in the menu. */
function main(batch: Batch): BatchAction[] {
  const wanted: BatchAction[] =
    batch.status === 'COMPLETED' || batch.status === 'FAILED'
      ? ['RETRY']
      : batch.status === 'CANCELLING'
        ? ['HANG_UP']
        : ['RESUME', 'PAUSE', 'RESCHEDULE', 'CANCEL'];
  return wanted.filter((action) => allowed(batch, action).allowed);
}

/** Whether an action that is not allowed cannot be so again: nothing but a retry moves a batch that is over. */
const never = ({ status }: Batch, action: BatchAction) =>
  isOver(status) && (action !== 'RETRY' || status === 'CANCELLED');

const PRIMARY: BatchAction[] = ['RESUME', 'RETRY'];

type ActionsProps = { batch: Batch; live: boolean; onLive: (live: boolean) => void };

/** Everything that can be done with a batch. */
export function Actions({ batch, live, onLive }: ActionsProps) {
  const [asking, setAsking] = useState<BatchAction | null>(null);
  const [, navigate] = useLocation();
  const shown = main(batch).filter((action) => action !== 'RETRY' || retriable(batch) > 0);
  const id = encodeURIComponent(batch.id);
  const results = `/batch/jobs/${id}/results.csv`;
  useShortcut('e', words.exportResults, () => location.assign(results));

  const item = (action: BatchAction): MenuItem => {
    const { allowed: may, reason } = allowed(batch, action);
    return {
      label: actionNames[action],
      icon: ICONS[action],
      danger: action === 'CANCEL' || action === 'HANG_UP',
      disabled: may ? undefined : (reason ?? ' '),
      onSelect: () => setAsking(action),
    };
  };
  const rest = (['UPDATE', 'RETRY', 'RESCHEDULE', 'CANCEL', 'HANG_UP'] as const).filter(
    (action) => !shown.includes(action) && (allowed(batch, action).allowed || !never(batch, action)),
  );
  return (
    <>
      {shown.map((action) => (
        <Button
          key={action}
          icon={ICONS[action]}
          look={PRIMARY.includes(action) ? 'primary' : 'plain'}
          onClick={() => setAsking(action)}
        >
          {action === 'RETRY' ? dialogs.retry(retriable(batch)) : actionNames[action]}
        </Button>
      ))}
      <Menu
        icon="download"
        label={words.export}
        items={[
          { label: words.exportResults, icon: 'file', href: results },
          {
            label: words.exportRejected,
            icon: 'file',
            href: `/batch/jobs/${id}/rejected.csv`,
            disabled: batch.rejectedContacts + batch.duplicateContacts > 0 ? undefined : words.noRejected,
          },
        ]}
      />
      <Menu
        icon="more"
        label=""
        name={words.more}
        items={[
          ...(rest.length > 0 ? [...rest.map(item), null] : []),
          { label: words.clone, icon: 'copy', onSelect: () => navigate(`/batches/new?clone=${id}`) },
          {
            label: words.copyCurl,
            icon: 'key',
            onSelect: () => copy(curl(BatchQuery, { id: batch.id })),
          },
        ]}
      />
      {!isOver(batch.status) && (
        <button
          type="button"
          role="switch"
          className="live-switch"
          aria-checked={live}
          title={words.liveTitle}
          onClick={() => onLive(!live)}
        >
          <span className="knob" />
          {live ? words.liveOn : words.livePaused}
        </button>
      )}
      {asking && <ActionDialog action={asking} batch={batch} onClose={() => setAsking(null)} />}
    </>
  );
}
