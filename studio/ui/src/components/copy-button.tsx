import { common } from '../messages/shell';
import { Button } from './button';
import { toast } from './toast';

/** Copies a text and says so. The label says what it copies. */
export function CopyButton({ text, label, children }: { text: string; label: string; children?: string }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      toast(common.copied);
    } catch {
      toast(common.copyFailed);
    }
  };
  return (
    <Button
      look="quiet"
      compact
      icon="copy"
      aria-label={children ? undefined : label}
      title={label}
      onClick={copy}
    >
      {children}
    </Button>
  );
}

/** An id, a number or a secret in fixed width, with a button that copies it. */
export function Copyable({ text, label }: { text: string; label: string }) {
  return (
    <span className="copyable">
      <span className="mono">{text}</span>
      <CopyButton text={text} label={label} />
    </span>
  );
}
