import type { BatchAction } from '../../gql/words';
import type { Batch } from '../use-batch';
import { CancelDialog, HangUpDialog } from './cancel-dialog';
import { PauseDialog, ResumeDialog } from './pause-dialog';
import { RescheduleDialog } from './reschedule-dialog';
import { RetryDialog } from './retry-dialog';
import { UpdateDialog } from './update-dialog';

export type ActionDialogProps = { batch: Batch; onClose: () => void };

/** Asks before something is done with a batch, and says exactly what will happen. */
export default function Dialogs({ action, ...props }: ActionDialogProps & { action: BatchAction }) {
  switch (action) {
    case 'PAUSE':
      return <PauseDialog {...props} />;
    case 'RESUME':
      return <ResumeDialog {...props} />;
    case 'CANCEL':
      return <CancelDialog {...props} />;
    case 'HANG_UP':
      return <HangUpDialog {...props} />;
    case 'RESCHEDULE':
      return <RescheduleDialog {...props} />;
    case 'UPDATE':
      return <UpdateDialog {...props} />;
    case 'RETRY':
      return <RetryDialog {...props} />;
  }
}
