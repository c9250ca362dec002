import { graphql } from '../../gql';
import { dialogs as words } from '../../messages/batch';
import { waiting } from '../use-batch';
import type { ActionDialogProps } from '.';
import { ActionForm } from './action-form';

const Pause = graphql(`
  mutation PauseBatch($input: PauseBatchJobInput!) {
    pauseBatchJob(input: $input) {
      batchJob {
        ...BatchNow
        progress {
          ...Standing
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const Resume = graphql(`
  mutation ResumeBatch($input: ResumeBatchJobInput!) {
    resumeBatchJob(input: $input) {
      batchJob {
        ...BatchNow
        progress {
          ...Standing
        }
      }
      userErrors {
        code
        message
      }
    }
  }
`);

export function PauseDialog({ batch, onClose }: ActionDialogProps) {
  return (
    <ActionForm
      title={words.pauseTitle}
      consequences={words.pauseText(waiting(batch), batch.progress.callsInFlight)}
      confirm={words.pause}
      mutation={Pause}
      variables={(reason) => ({ input: { batchJobId: batch.id, reason } })}
      payload={(data) => data.pauseBatchJob}
      done={() => words.paused}
      onClose={onClose}
    />
  );
}

export function ResumeDialog({ batch, onClose }: ActionDialogProps) {
  return (
    <ActionForm
      title={words.resumeTitle}
      consequences={words.resumeText(waiting(batch), batch.progress.slots)}
      confirm={words.resume}
      mutation={Resume}
      variables={(reason) => ({ input: { batchJobId: batch.id, reason } })}
      payload={(data) => data.resumeBatchJob}
      done={() => words.resumed}
      onClose={onClose}
    />
  );
}
