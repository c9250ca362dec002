// Single keys that do something. They are off while the reader types, while a
// dialog is open, and when they were switched off in the settings.
import { useEffect, useRef } from 'react';
import { preferences } from './preferences';
import { createStore, useStore } from './store';

export type Shortcut = {
  /** One key, or two after each other: "n", "g b", "?". */
  keys: string;
  /** What it does, for the list of shortcuts. */
  does: string;
};

type Bound = Shortcut & { run: () => void };

const bound = createStore<readonly Bound[]>([]);
let prefix = '';
let forget: ReturnType<typeof setTimeout> | undefined;

/** The shortcuts that work now. */
export const useBoundShortcuts = (): readonly Shortcut[] => useStore(bound);

function typing(target: EventTarget | null) {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function press(event: KeyboardEvent) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!preferences.get().shortcuts || typing(event.target) || document.querySelector('dialog:modal')) return;
  const keys = prefix ? `${prefix} ${event.key}` : event.key;
  clearTimeout(forget);
  prefix = '';
  const hit = bound.get().findLast((shortcut) => shortcut.keys === keys);
  if (hit) {
    event.preventDefault();
    hit.run();
    return;
  }
  if (bound.get().some((shortcut) => shortcut.keys.startsWith(`${event.key} `))) {
    prefix = event.key;
    forget = setTimeout(() => {
      prefix = '';
    }, 1_000);
  }
}

/** Starts listening to the keyboard; once, at the start of the page. */
export const listenForShortcuts = () => document.addEventListener('keydown', press);

/** Binds keys for as long as the component is there. The one bound last wins. */
export function useShortcut(keys: string, does: string, run: () => void) {
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    const shortcut: Bound = { keys, does, run: () => latest.current() };
    bound.set([...bound.get(), shortcut]);
    return () => bound.set(bound.get().filter((other) => other !== shortcut));
  }, [keys, does]);
}
