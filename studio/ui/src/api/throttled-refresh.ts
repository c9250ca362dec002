import { useEffect, useRef } from 'react';

/**
 * Calls refresh when version changes, but not more often than every so many
 * milliseconds; the last change is never left out.
 */
export function useThrottledRefresh(version: number, every: number, refresh: () => void) {
  const seen = useRef(version);
  const last = useRef(0);
  const latest = useRef(refresh);
  useEffect(() => {
    latest.current = refresh;
  });
  useEffect(() => {
    if (seen.current === version) return;
    const run = () => {
      seen.current = version;
      last.current = Date.now();
      latest.current();
    };
    const timer = setTimeout(run, Math.max(0, last.current + every - Date.now()));
    return () => clearTimeout(timer);
  }, [version, every]);
}
