import type { ReactNode } from 'react';
import type { Change } from '../api/change';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { FailureNotice, UserErrors } from '../components/notice';
import { common } from '../messages/shell';
import './account.css';

type FormDialogProps<Input, P> = {
  title: string;
  submit: string;
  change: Change<Input, P>;
  onSubmit: () => void;
  onClose: () => void;
  danger?: boolean;
  wide?: boolean;
  /** Whether there is nothing to submit yet. */
  idle?: boolean;
  children: ReactNode;
};

/** Asks for what a change needs, says what it will do, and what was wrong with it. */
export function FormDialog<Input, P>(props: FormDialogProps<Input, P>) {
  const { title, submit, change, onSubmit, onClose, danger, wide, idle, children } = props;
  return (
    <Dialog
      title={title}
      wide={wide}
      onClose={onClose}
      onSubmit={() => !change.busy && onSubmit()}
      actions={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" look={danger ? 'danger' : 'primary'} busy={change.busy} disabled={idle}>
            {submit}
          </Button>
        </>
      }
    >
      {children}
      <Problems change={change} />
    </Dialog>
  );
}

/** What was wrong with a change and has no place beside a field. */
export function Problems<Input, P>({ change }: { change: Change<Input, P> }) {
  return (
    <>
      {change.error && <FailureNotice error={change.error} />}
      <UserErrors errors={change.rest} />
    </>
  );
}
