// Asks before a page with unsaved work is left: by a link, a key, the back
// button, or by closing the window.
import { useEffect, useRef } from 'react';
import type { AroundNavHandler } from 'wouter';

type Ask = (go: () => void) => void;

/** What asks, and the address of the page that would be left. */
let guard: { ask: Ask; here: string } | undefined;

const leaves = (to: string) => new URL(to, location.href).pathname !== location.pathname;

/** Stands around every navigation of the page. */
export const aroundNavigation: AroundNavHandler = (navigate, to, options) => {
  if (guard && leaves(to)) guard.ask(() => navigate(to, options));
  else navigate(to, options);
};

// Listening since before the router does: a window's listeners are called in the
// order they came. The address has changed by then, and is put back.
addEventListener('popstate', (event) => {
  if (!guard || !leaves(guard.here)) return;
  event.stopImmediatePropagation();
  const to = location.pathname + location.search;
  history.pushState(null, '', guard.here);
  guard.ask(() => history.pushState(null, '', to));
});

/** Has onLeave called before the page is left, for as long as it is dirty. */
export function useLeaveGuard(dirty: boolean, onLeave: Ask) {
  const latest = useRef(onLeave);
  useEffect(() => {
    latest.current = onLeave;
  });
  useEffect(() => {
    if (!dirty) return;
    const ask: Ask = (go) =>
      latest.current(() => {
        guard = undefined;
        go();
      });
    const mine = { ask, here: location.pathname + location.search };
    const unload = (event: BeforeUnloadEvent) => event.preventDefault();
    guard = mine;
    addEventListener('beforeunload', unload);
    return () => {
      if (guard === mine) guard = undefined;
      removeEventListener('beforeunload', unload);
    };
  }, [dirty]);
}
