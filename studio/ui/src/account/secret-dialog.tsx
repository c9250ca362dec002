import type { ReactNode } from 'react';
import { Button } from '../components/button';
import { CopyButton } from '../components/copy-button';
import { Dialog } from '../components/dialog';
import { Notice } from '../components/notice';
import { secret as words } from '../messages/secret';
import './account.css';

type SecretDialogProps = {
  title: string;
  /** What the secret is, for its copy button. */
  what: string;
  secret: string;
  onDone: () => void;
  children?: ReactNode;
};

/** Shows a secret this once. It is left only by saying that it was kept. */
export function SecretDialog({ title, what, secret, onDone, children }: SecretDialogProps) {
  return (
    <Dialog
      title={title}
      wide
      onSubmit={onDone}
      actions={
        <Button type="submit" look="primary">
          {words.done}
        </Button>
      }
    >
      <Notice tone="warn" title={words.once}>
        {words.onceText}
      </Notice>
      <div className="secret">
        <output className="mono" data-secret>
          {secret}
        </output>
        <CopyButton text={secret} label={words.copy(what)}>
          {words.copyShort}
        </CopyButton>
      </div>
      {children}
    </Dialog>
  );
}

/** A command or a program to copy. */
export function Sample({ label, text }: { label: string; text: string }) {
  return (
    <div className="stack tight">
      <div className="row spread">
        <h3>{label}</h3>
        <CopyButton text={text} label={words.copy(label)}>
          {words.copyShort}
        </CopyButton>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <pre className="sample" tabIndex={0}>
        {text}
      </pre>
    </div>
  );
}
