import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { Failure } from '../api/failure';
import { common, shell } from '../messages/shell';
import { Button } from './button';
import { Icon, type IconName } from './icon';

export type Tone = 'info' | 'good' | 'warn' | 'bad';

const ICONS: Record<Tone, IconName> = { info: 'info', good: 'check', warn: 'warning', bad: 'warning' };

type NoticeProps = {
  tone: Tone;
  title?: ReactNode;
  children?: ReactNode;
  actions?: ReactNode;
  /** Has it read out when it appears. */
  announce?: boolean;
};

/** Something to know about what is below or around it. */
export function Notice({ tone, title, children, actions, announce }: NoticeProps) {
  const role = announce ? (tone === 'bad' ? 'alert' : 'status') : undefined;
  return (
    <div className={`notice ${tone}`} role={role}>
      <Icon name={ICONS[tone]} />
      <div>
        {title && <div className="title">{title}</div>}
        {children && <div className="text">{children}</div>}
      </div>
      {actions && <div className="end">{actions}</div>}
    </div>
  );
}

/** What failed, with what to quote when asking about it, and a way to try again. */
export function FailureNotice({ error, again }: { error: CombinedError | Failure; again?: () => void }) {
  const failure = error instanceof Failure ? error : Failure.ofOperation(error);
  // Of what the page found out itself there is nothing to quote.
  const code = failure.code === 'UNREACHABLE' ? '' : failure.code;
  return (
    <Notice
      tone="bad"
      announce
      title={failure.message}
      actions={
        again && (
          <Button compact icon="retry" onClick={again}>
            {shell.tryAgain}
          </Button>
        )
      }
    >
      {(code || failure.requestId) && (
        <span className="muted small">
          {[code, failure.requestId && shell.requestId(failure.requestId)].filter(Boolean).join(' · ')}
        </span>
      )}
    </Notice>
  );
}

type Mendable = { code: string; message: string };

/** What a person can mend about a request that was refused: all of it at once. */
export function UserErrors({ errors }: { errors: readonly Mendable[] }) {
  if (errors.length === 0) return null;
  return (
    <Notice tone="bad" announce title={errors.length === 1 ? undefined : common.requestFailed}>
      <ul>
        {errors.map(({ code, message }) => (
          <li key={code + message}>{message}</li>
        ))}
      </ul>
    </Notice>
  );
}
