import { useState } from 'react';
import { Check } from '../../components/field';
import { graphql } from '../../gql';
import type { Outcome } from '../../gql/words';
import { retryable, dialogs as words } from '../../messages/batch';
import { outcome as outcomeWords } from '../../messages/words';
import { count, money } from '../../state/format';
import { endedWith, USUAL } from '../retriable';
import type { ActionDialogProps } from '.';
import { ActionForm } from './action-form';

const Retry = graphql(`
  mutation RetryBatch($input: RetryBatchJobInput!) {
    retryBatchJob(input: $input) {
      batchJob {
        ...BatchNow
        progress {
          ...Standing
        }
      }
      contactsRetried
      userErrors {
        code
        message
      }
    }
  }
`);

export function RetryDialog({ batch, onClose }: ActionDialogProps) {
  const offered = retryable.filter((outcome) => endedWith(batch, outcome) > 0);
  const [chosen, setChosen] = useState<readonly Outcome[]>(() =>
    offered.filter((outcome) => USUAL.includes(outcome)),
  );
  const n = chosen.reduce((sum, outcome) => sum + endedWith(batch, outcome), 0);
  const each = batch.progress.total > 0 ? batch.estimate.costMicros / batch.progress.total : 0;
  const consequences: string[] = words.retryText(n, batch.maxAttempts, batch.progress.slots);
  return (
    <ActionForm
      title={words.retryTitle}
      consequences={n > 0 ? [...consequences, words.retryCost(money(each * n))] : consequences}
      confirm={words.retry(n)}
      blocked={n === 0}
      mutation={Retry}
      variables={(reason) => ({ input: { batchJobId: batch.id, outcomes: [...chosen], reason } })}
      payload={(data) => data.retryBatchJob}
      done={(data) => words.retried(data.retryBatchJob.contactsRetried)}
      onClose={onClose}
    >
      <fieldset className="stack tight">
        <legend className="strong">{words.retryPick}</legend>
        {offered.map((outcome) => (
          <Check
            key={outcome}
            label={
              <>
                {outcomeWords[outcome]} <span className="muted">{count(endedWith(batch, outcome))}</span>
              </>
            }
            checked={chosen.includes(outcome)}
            onChecked={(on) => setChosen(on ? [...chosen, outcome] : chosen.filter((one) => one !== outcome))}
          />
        ))}
      </fieldset>
    </ActionForm>
  );
}
