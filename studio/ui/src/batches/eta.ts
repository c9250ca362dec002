import { span } from '../state/format';

type Eta = { low: string; high: string };

/** "about 14 h (12 h to 17 h)", null when nothing can be said. */
export function etaText(eta: Eta | null | undefined, now: number): { short: string; range: string } | null {
  if (!eta) return null;
  const seconds = (instant: string) => Math.max(0, (Date.parse(instant) - now) / 1000);
  const low = seconds(eta.low);
  const high = seconds(eta.high);
  if (high < 45) return { short: 'under a minute', range: '' };
  const rounded = (s: number) =>
    span(s < 90 ? 60 : s < 7200 ? Math.round(s / 60) * 60 : Math.round(s / 1800) * 1800);
  const middle = rounded((low + high) / 2);
  const from = rounded(low);
  const to = rounded(high);
  return { short: `about ${middle}`, range: from === to ? '' : `${from} to ${to}` };
}
