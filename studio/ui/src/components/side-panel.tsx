import { type ReactNode, useCallback, useEffect, useId, useRef } from 'react';
import { common } from '../messages/shell';
import { useShortcut } from '../state/shortcuts';
import { Button } from './button';

type SidePanelProps = {
  title: string /** The key of the row. */;
  of: string;
  onClose: () => void;
  children: ReactNode;
};

/** One row of a list beside it. Escape leads back to the row. */
export function SidePanel({ title, of, onClose, children }: SidePanelProps) {
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another row is read out, too
  useEffect(() => heading.current?.focus({ preventScroll: true }), [of]);
  const close = useCallback(() => {
    onClose();
    requestAnimationFrame(() => {
      document.querySelector<HTMLElement>(`[data-key="${CSS.escape(of)}"]`)?.focus({ preventScroll: true });
    });
  }, [onClose, of]);
  useShortcut('Escape', common.close, close);
  return (
    <aside className="side-panel" aria-labelledby={id}>
      <header className="row spread nowrap-row">
        <h2 id={id} ref={heading} tabIndex={-1} className="clip">
          {title}
        </h2>
        <Button look="quiet" icon="cross" aria-label={common.close} onClick={close} />
      </header>
      {children}
    </aside>
  );
}
