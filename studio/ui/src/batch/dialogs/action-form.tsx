import { type ReactNode, useState } from 'react';
import { type AnyVariables, type TypedDocumentNode, useMutation } from 'urql';
import { Button } from '../../components/button';
import { Dialog } from '../../components/dialog';
import { TextField } from '../../components/field';
import { FailureNotice, UserErrors } from '../../components/notice';
import { toast } from '../../components/toast';
import { dialogs as words } from '../../messages/batch';

type Payload = { userErrors: readonly { code: string; message: string }[] };

type ActionFormProps<Data, Variables extends AnyVariables> = {
  title: string;
  /** What will happen, a sentence or two each. */
  consequences: readonly string[];
  children?: ReactNode;
  confirm: string;
  danger?: boolean;
  /** Why it cannot be confirmed as it stands. */
  blocked?: boolean;
  mutation: TypedDocumentNode<Data, Variables>;
  /** The mutation's variables; null has it stay open, with the reason shown by a field. */
  variables: (reason: string | null) => Variables | null;
  payload: (data: Data) => Payload;
  /** What to say once it is done. */
  done: (data: Data) => string;
  onClose: () => void;
};

/** A dialog that does one thing with a batch: what will happen, why, and what was wrong. */
export function ActionForm<Data, Variables extends AnyVariables>(props: ActionFormProps<Data, Variables>) {
  const { title, consequences, children, confirm, danger, blocked, mutation, variables, onClose } = props;
  const [reason, setReason] = useState('');
  const [result, run] = useMutation<Data, Variables>(mutation);
  const submit = async () => {
    const asked = variables(reason.trim() || null);
    if (!asked || blocked) return;
    const { data } = await run(asked);
    if (!data || props.payload(data).userErrors.length > 0) return;
    toast(props.done(data));
    onClose();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      onSubmit={submit}
      actions={
        <>
          <Button onClick={onClose}>{words.back}</Button>
          <Button
            type="submit"
            look={danger ? 'danger' : 'primary'}
            busy={result.fetching}
            disabled={blocked}
            autoFocus={!children}
          >
            {confirm}
          </Button>
        </>
      }
    >
      {children}
      {consequences.length > 0 && (
        <ul className="consequences">
          {consequences.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      <TextField
        label={words.reason}
        hint={words.reasonHint}
        maxLength={500}
        value={reason}
        onValue={setReason}
      />
      {result.error && <FailureNotice error={result.error} />}
      <UserErrors errors={result.data ? props.payload(result.data).userErrors : []} />
    </Dialog>
  );
}
