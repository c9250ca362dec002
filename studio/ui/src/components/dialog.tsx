import { type FormEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { common } from '../messages/shell';
import { Button } from './button';

type DialogProps = {
  title: ReactNode;
  children: ReactNode;
  /** Buttons, the main one last. With onSubmit it is of type submit. */
  actions?: ReactNode;
  /** Called for Escape and the cross. Without it the dialog cannot be left. */
  onClose?: () => void;
  onSubmit?: () => void;
  wide?: boolean;
};

/**
 * A modal dialog that is open for as long as it is rendered. The browser keeps
 * the focus inside and gives it back afterwards.
 */
export function Dialog({ title, children, actions, onClose, onSubmit, wide }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    // The browser would choose the cross.
    dialog?.querySelector<HTMLElement>('.field .input')?.focus();
    return () => dialog?.close();
  }, []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit?.();
  };
  return (
    <dialog
      ref={ref}
      className={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={heading}
      onCancel={(event) => {
        if (event.target !== ref.current) return;
        event.preventDefault();
        onClose?.();
      }}
      // Browsers close it without asking when Escape is pressed again.
      onClose={() => {
        if (ref.current?.open) return;
        if (onClose) onClose();
        else ref.current?.showModal();
      }}
    >
      <form onSubmit={submit} noValidate>
        <div className="head">
          <h2 id={heading}>{title}</h2>
          {onClose && (
            <Button look="quiet" icon="cross" compact aria-label={common.close} onClick={onClose} />
          )}
        </div>
        {children}
        {actions && <div className="foot">{actions}</div>}
      </form>
    </dialog>
  );
}
