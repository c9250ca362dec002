import { useMemo, useState } from 'react';
import { FormDialog } from '../account/form-dialog';
import { idempotencyKey, useChange } from '../api/change';
import { TextField } from '../components/field';
import { Notice } from '../components/notice';
import { toast } from '../components/toast';
import { graphql } from '../gql';
import { credits as words } from '../messages/credits';
import { money } from '../state/format';

const AddCreditsMutation = graphql(`
  mutation AddCredits($input: AddCreditsInput!) {
    addCredits(input: $input) {
      credits {
        balanceMicros
        heldMicros
        availableMicros
      }
      batchJobsResumed
      userErrors {
        code
        message
        path
      }
    }
  }
`);

type AddCreditsProps = {
  balance: number;
  /** Batch jobs that are paused because credits ran out. */
  paused: number;
  onClose: () => void;
  onDone: () => void;
};

/** Micro-dollars of what was typed; null when that is no amount. */
export function amountOf(text: string): number | null {
  const found = /^\$?(\d{1,9})(?:[.,](\d{1,2}))?$/.exec(text.trim().replaceAll(' ', ''));
  if (!found) return null;
  return Number(found[1]) * 1_000_000 + Number((found[2] ?? '').padEnd(2, '0')) * 10_000;
}

/** Adds credits, once however often it is sent. */
export function AddCredits({ balance, paused, onClose, onDone }: AddCreditsProps) {
  const [text, setText] = useState('');
  const [note, setNote] = useState('');
  const [tried, setTried] = useState(false);
  const amount = amountOf(text);
  const change = useChange(AddCreditsMutation, (data) => data.addCredits, ['amountMicros', 'note']);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another request has another key
  const key = useMemo(idempotencyKey, [amount, note]);
  const submit = async () => {
    setTried(true);
    if (amount === null) return;
    const done = await change.run({ amountMicros: amount, note: note || null, idempotencyKey: key });
    if (!done) return;
    toast(words.added(money(amount), done.batchJobsResumed));
    onDone();
  };
  return (
    <FormDialog
      title={words.addTitle}
      submit={amount ? words.addSubmit(money(amount)) : words.addNothing}
      change={change}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={words.amount}
        hint={words.amountHint}
        error={tried && amount === null ? words.amountWrong : change.at('amountMicros')}
        name="amount"
        inputMode="decimal"
        autoComplete="off"
        autoFocus
        value={text}
        onValue={setText}
      />
      <TextField
        label={words.note}
        hint={words.noteHint}
        error={change.at('note')}
        name="note"
        autoComplete="off"
        value={note}
        onValue={setNote}
      />
      {amount !== null && amount > 0 && (
        <Notice tone="info" title={words.effect(money(amount), money(balance + amount))}>
          {words.effectPaused(paused)} {words.effectOnce}
        </Notice>
      )}
    </FormDialog>
  );
}
