import { Fragment } from 'react';
import { Dialog } from '../components/dialog';
import { Notice } from '../components/notice';
import { shell } from '../messages/shell';
import { usePreferences } from '../state/preferences';
import { useBoundShortcuts } from '../state/shortcuts';

/** The shortcuts that work on this page. */
export function ShortcutHelp({ onClose }: { onClose: () => void }) {
  const { shortcuts: on } = usePreferences();
  const bound = useBoundShortcuts();
  const unique = [...new Map(bound.map((shortcut) => [shortcut.keys, shortcut])).values()];
  return (
    <Dialog title={shell.help} onClose={onClose}>
      {!on && <Notice tone="warn">{shell.helpOff}</Notice>}
      <dl className="shortcuts">
        {unique.map(({ keys, does }) => (
          <Fragment key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{does}</dd>
          </Fragment>
        ))}
      </dl>
    </Dialog>
  );
}
