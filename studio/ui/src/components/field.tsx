import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from 'react';
import { Icon } from './icon';

type Words = { label: ReactNode; hint?: ReactNode; error?: ReactNode };

type ControlProps = { id: string; className: string; 'aria-describedby'?: string; 'aria-invalid'?: true };

/**
 * A labelled control with a hint and an error, tied together for assistive
 * technology. The child is a function that is given the control's attributes.
 */
export function Field({
  label,
  hint,
  error,
  children,
}: Words & { children: (props: ControlProps) => ReactNode }) {
  const id = useId();
  const described = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {children({
        id,
        className: 'input',
        ...(described && { 'aria-describedby': described }),
        ...(error && { 'aria-invalid': true as const }),
      })}
      {error && (
        <span className="error" id={`${id}-error`}>
          <Icon name="warning" size={14} />
          {error}
        </span>
      )}
      {hint && (
        <span className="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  );
}

type Change = { value: string; onValue: (value: string) => void };
type Without<T> = Omit<T, 'value' | 'onChange' | 'className' | 'id'>;

/** One line of text, or a number, a date, a time: whatever type says. */
export function TextField({
  label,
  hint,
  error,
  onValue,
  ...rest
}: Words & Change & Without<InputHTMLAttributes<HTMLInputElement>>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(props) => <input {...rest} {...props} onChange={(event) => onValue(event.target.value)} />}
    </Field>
  );
}

/** Several lines of text. */
export function TextAreaField({
  label,
  hint,
  error,
  onValue,
  ...rest
}: Words & Change & Without<TextareaHTMLAttributes<HTMLTextAreaElement>>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(props) => <textarea {...rest} {...props} onChange={(event) => onValue(event.target.value)} />}
    </Field>
  );
}

/** A choice of one; the options are children. */
export function SelectField({
  label,
  hint,
  error,
  onValue,
  ...rest
}: Words & Change & Without<SelectHTMLAttributes<HTMLSelectElement>>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(props) => <select {...rest} {...props} onChange={(event) => onValue(event.target.value)} />}
    </Field>
  );
}

type CheckProps = {
  label: ReactNode;
  hint?: ReactNode;
  checked: boolean;
  onChecked: (checked: boolean) => void;
  disabled?: boolean;
  /** A name makes it a radio button of that group. */
  group?: string;
};

/** A box to tick, or, with a group, a button to choose one of several. */
export function Check({ label, hint, checked, onChecked, disabled, group }: CheckProps) {
  const id = useId();
  return (
    <div className="check">
      <input
        id={id}
        type={group ? 'radio' : 'checkbox'}
        name={group}
        checked={checked}
        disabled={disabled}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => onChecked(event.target.checked)}
      />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint && (
          <span className="hint" id={`${id}-hint`}>
            {hint}
          </span>
        )}
      </div>
    </div>
  );
}
