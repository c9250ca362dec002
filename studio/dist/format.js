// How numbers, money and times are written, in the reader's language and zone.

const counts = new Intl.NumberFormat();
const dollars = new Intl.NumberFormat(undefined, { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const calendar = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export const count = (number) => counts.format(number);

// money takes micro-dollars.
export const money = (micros) => dollars.format(micros / 1_000_000);

// moment writes an instant: the time alone when it is today.
export function moment(instant) {
  const date = new Date(instant);
  return (isToday(date) ? clock : calendar).format(date);
}

// left begins a sentence with how long it is until an instant, rounded up.
export function left(instant) {
  const minutes = Math.ceil((new Date(instant) - Date.now()) / 60_000);
  if (minutes <= 1) return 'Less than a minute';
  if (minutes < 120) return `About ${count(minutes)} minutes`;
  return `About ${count(Math.ceil(minutes / 60))} hours`;
}

// words turns NO_ANSWER into "no answer".
export const words = (name) => name.toLowerCase().replaceAll('_', ' ');

function isToday(date) {
  return date.toDateString() === new Date().toDateString();
}
