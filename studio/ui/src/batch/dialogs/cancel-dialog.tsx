import { useState } from 'react';
import { Check } from '../../components/field';
import { graphql } from '../../gql';
import { dialogs as words } from '../../messages/batch';
import { allowed, waiting } from '../use-batch';
import type { ActionDialogProps } from '.';
import { ActionForm } from './action-form';

const Cancel = graphql(`
  mutation CancelBatch($input: CancelBatchJobInput!) {
    cancelBatchJob(input: $input) {
      batchJob {
        ...BatchNow
        progress {
          ...Standing
        }
      }
      contactsCancelled
      userErrors {
        code
        message
      }
    }
  }
`);

export function CancelDialog({ batch, onClose }: ActionDialogProps) {
  const [hangUp, setHangUp] = useState(false);
  const flying = batch.progress.callsInFlight;
  return (
    <ActionForm
      title={words.cancelTitle}
      consequences={words.cancelText(waiting(batch))}
      confirm={words.cancel}
      danger
      mutation={Cancel}
      variables={(reason) => ({ input: { batchJobId: batch.id, hangUp, reason } })}
      payload={(data) => data.cancelBatchJob}
      done={(data) => words.cancelled(data.cancelBatchJob.contactsCancelled)}
      onClose={onClose}
    >
      {flying > 0 && (
        <fieldset className="stack tight">
          <legend className="strong">{words.cancelFlying(flying)}</legend>
          <Check
            group="hang-up"
            label={words.cancelFinish}
            hint={words.cancelFinishHint}
            checked={!hangUp}
            onChecked={() => setHangUp(false)}
          />
          <Check
            group="hang-up"
            label={words.cancelHangUp}
            hint={words.cancelHangUpHint}
            checked={hangUp}
            disabled={!allowed(batch, 'HANG_UP').allowed}
            onChecked={() => setHangUp(true)}
          />
        </fieldset>
      )}
    </ActionForm>
  );
}

export function HangUpDialog({ batch, onClose }: ActionDialogProps) {
  return (
    <ActionForm
      title={words.hangUpTitle}
      consequences={words.hangUpText(batch.progress.callsInFlight)}
      confirm={words.hangUp}
      danger
      mutation={Cancel}
      variables={(reason) => ({ input: { batchJobId: batch.id, hangUp: true, reason } })}
      payload={(data) => data.cancelBatchJob}
      done={() => words.hungUp}
      onClose={onClose}
    />
  );
}
