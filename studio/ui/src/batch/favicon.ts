// The icon of the browser's tab while a batch runs: a ring that closes.
import { useEffect } from 'react';

const RADIUS = 12;
const ROUND = 2 * Math.PI * RADIUS;

/** An icon of which as many percent are full. */
export function ring(percent: number) {
  const circle = (stroke: string) =>
    `<circle cx="16" cy="16" r="${RADIUS}" fill="none" stroke-width="8" stroke="${stroke}"`;
  const full = `stroke-dasharray="${(ROUND * percent) / 100} ${ROUND}" transform="rotate(-90 16 16)"`;
  return `data:image/svg+xml,${encodeURIComponent(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${circle('#8886')}/>${circle('#3f8fd2')} ${full}/></svg>`,
  )}`;
}

/** Shows the percent on the tab's icon; null leaves it as it is everywhere else. */
export function useProgressIcon(percent: number | null) {
  useEffect(() => {
    const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    if (!icon || percent === null) return;
    const before = icon.href;
    icon.href = ring(percent);
    return () => {
      icon.href = before;
    };
  }, [percent]);
}
