import { common } from '../messages/shell';
import { Button } from './button';
import { toast } from './toast';

/** Copies a text and says so. */
export async function copy(text: string) {
  try {
    await navigator.clipboard.writeText(text);
    toast(common.copied);
  } catch {
    toast(common.copyFailed);
  }
}

/** Copies a text. The label says what. */
export function CopyButton({ text, label, children }: { text: string; label: string; children?: string }) {
  return (
    <Button
      look="quiet"
      compact
      icon="copy"
      aria-label={children ? undefined : label}
      title={label}
      onClick={() => copy(text)}
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
