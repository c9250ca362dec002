import { lazy, Suspense } from 'react';
import type { BatchAction } from '../gql/words';
import type { Batch } from './use-batch';

const Dialogs = lazy(() => import('./dialogs'));

type ActionDialogProps = { action: BatchAction; batch: Batch; onClose: () => void };

/** Asks before something is done with a batch; read when it is first needed. */
export function ActionDialog(props: ActionDialogProps) {
  return (
    <Suspense>
      <Dialogs {...props} />
    </Suspense>
  );
}
