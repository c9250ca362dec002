// How numbers, money, times and durations are written. The locale is the
// browser's, but for the words, which are English like the rest of the page.
import { useMemo } from 'react';
import { useZone } from './preferences';

const LOCALE = undefined;
const counts = new Intl.NumberFormat(LOCALE);
const plurals = new Intl.PluralRules('en');
const dollars = new Intl.NumberFormat(LOCALE, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
});

export const count = (n: number) => counts.format(n);

/** "1 contact", "2 contacts". */
export function plural(n: number, one: string, many = `${one}s`) {
  return `${count(n)} ${plurals.select(n) === 'one' ? one : many}`;
}

/** Dollars of an amount in micro-dollars, to the cent. */
const prices = new Intl.NumberFormat(LOCALE, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
  maximumFractionDigits: 4,
});

/** Dollars of a small amount in micro-dollars, such as what one call costs: $0.035. */
export const price = (micros: number) => prices.format(micros / 1_000_000);

export const money = (micros: number) => dollars.format(micros / 1_000_000);

/** The same without cents where they do not matter: "$10,000". */
export const roundMoney = (micros: number) =>
  Math.abs(micros) >= 1_000_000_000 ? money(micros).replace(/[.,]\d\d$/, '') : money(micros);

const exactDollars = new Intl.NumberFormat(LOCALE, {
  style: 'currency',
  currency: 'USD',
  currencyDisplay: 'narrowSymbol',
  maximumFractionDigits: 6,
});

/** Dollars with as many places as the amount has, and two at least: "$0.035". */
export const exactMoney = (micros: number) => exactDollars.format(micros / 1_000_000);

/** "13%", never 100 before all is done nor 0 once something is. */
export function percent(part: number, total: number) {
  if (total <= 0) return '0%';
  const exact = (part / total) * 100;
  const shown = Math.floor(exact);
  return shown === 0 && part > 0 ? '<1%' : `${shown}%`;
}

/** "0:12", "4:55", "1:02:03". */
export function clock(seconds: number) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(s / 3600);
  const minutes = Math.floor(s / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`;
}

/** "40 s", "5 min", "2 h 5 min", "3 d 4 h": two units at most. */
export function span(seconds: number) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.round(s / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 ? `${hours} h ${minutes % 60} min` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return hours % 24 ? `${days} d ${hours % 24} h` : `${days} d`;
}

/** "+1 202 555 0199" for North America, "+44 20 7183 8750" in threes and fours for the rest. */
export function phone(e164: string) {
  const nanp = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(e164);
  if (nanp) return `+1 ${nanp[1]} ${nanp[2]} ${nanp[3]}`;
  return e164;
}

/** How instants are written in one zone. */
export type InstantFormat = {
  zone: string;
  /** "09:41" today, "3 Mar, 09:41" this year, with the year otherwise. */
  short(instant: string | Date): string;
  /** Everything, with seconds and the zone. */
  long(instant: string | Date): string;
  /** "09:41:07". */
  time(instant: string | Date): string;
  /** "09:41". */
  minute(instant: string | Date): string;
};

function instantFormat(zone: string): InstantFormat {
  const with_ = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(LOCALE, { timeZone: zone, hourCycle: 'h23', ...options });
  const clock = { hour: '2-digit', minute: '2-digit' } as const;
  const day = with_({ dateStyle: 'short' });
  const year = with_({ year: 'numeric' });
  const today = with_(clock);
  const seconds = with_({ ...clock, second: '2-digit' });
  const near = with_({ day: 'numeric', month: 'short', ...clock });
  const far = with_({ day: 'numeric', month: 'short', year: 'numeric', ...clock });
  const long = with_({ dateStyle: 'full', timeStyle: 'long' });
  return {
    zone,
    short(instant) {
      const date = new Date(instant);
      const now = new Date();
      if (day.format(date) === day.format(now)) return today.format(date);
      return (year.format(date) === year.format(now) ? near : far).format(date);
    },
    long: (instant) => long.format(new Date(instant)),
    time: (instant) => seconds.format(new Date(instant)),
    minute: (instant) => today.format(new Date(instant)),
  };
}

/** How instants are written in the zone that was chosen for display. */
export function useInstants(): InstantFormat {
  const zone = useZone();
  return useMemo(() => instantFormat(zone), [zone]);
}

/** "New York" for America/New_York. */
export const zoneCity = (zone: string) => zone.split('/').at(-1)?.replaceAll('_', ' ') ?? zone;

/** The short name of a zone now, such as GMT+1 or EST. */
export function zoneOffset(zone: string, at = new Date()) {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts(
    at,
  );
  return (parts.find(({ type }) => type === 'timeZoneName')?.value ?? zone).replace('GMT', 'UTC');
}
