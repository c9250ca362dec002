import { useState } from 'react';
import { TextAreaField, TextField } from '../../components/field';
import { graphql } from '../../gql';
import { dialogs as words } from '../../messages/batch';
import type { ActionDialogProps } from '.';
import { ActionForm } from './action-form';

const Update = graphql(`
  mutation UpdateBatch($input: UpdateBatchJobInput!) {
    updateBatchJob(input: $input) {
      batchJob {
        ...BatchNow
        description
        progress {
          ...Standing
        }
      }
      warnings {
        message
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const whole = (text: string, least: number, most: number) => {
  const n = Number(text);
  return /^\d+$/.test(text.trim()) && n >= least && n <= most ? n : null;
};

export function UpdateDialog({ batch, onClose }: ActionDialogProps) {
  const [limit, setLimit] = useState(String(batch.concurrentCallLimit));
  const [attempts, setAttempts] = useState(String(batch.maxAttempts));
  const [name, setName] = useState(batch.name);
  const [description, setDescription] = useState(batch.description ?? '');
  const newLimit = whole(limit, 1, 50);
  const newAttempts = whole(attempts, 1, 10);
  const newName = name.trim();
  return (
    <ActionForm
      title={words.updateTitle}
      consequences={[]}
      confirm={words.update}
      blocked={newLimit === null || newAttempts === null || newName === ''}
      mutation={Update}
      variables={(reason) => ({
        input: {
          batchJobId: batch.id,
          concurrentCallLimit: newLimit === batch.concurrentCallLimit ? null : newLimit,
          maxAttempts: newAttempts === batch.maxAttempts ? null : newAttempts,
          name: newName === batch.name ? null : newName,
          description: description === (batch.description ?? '') ? null : description,
          reason,
        },
      })}
      payload={(data) => data.updateBatchJob}
      done={(data) => data.updateBatchJob.warnings[0]?.message ?? words.updated}
      onClose={onClose}
    >
      <TextField
        label={words.limit}
        hint={words.limitHint(batch.concurrentCallLimit)}
        error={newLimit === null && words.limitInvalid}
        inputMode="numeric"
        value={limit}
        onValue={setLimit}
      />
      <TextField
        label={words.attempts}
        hint={words.attemptsHint}
        error={newAttempts === null && words.attemptsInvalid}
        inputMode="numeric"
        value={attempts}
        onValue={setAttempts}
      />
      <TextField
        label={words.name}
        error={newName === '' && words.nameInvalid}
        maxLength={200}
        value={name}
        onValue={setName}
      />
      <TextAreaField
        label={words.description}
        maxLength={1000}
        value={description}
        onValue={setDescription}
      />
    </ActionForm>
  );
}
