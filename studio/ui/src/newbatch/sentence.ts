// The whole plan in words.
import { closing, type Hours, type Weekday, weekdays } from './form';

/** What is going to happen. Texts that need a locale come written. */
export type Plan = {
  /** "9,698 people", "1 person". */
  people: string;
  /** "+1 202 555 0199". */
  from: string;
  limit: number;
  attempts: number;
  /** "2 March 2027, 09:00 New York"; empty = at once. */
  start: string;
  hours: Hours | null;
  simulated: boolean;
};

/** Says in one sentence what is going to happen. */
export function sentence(plan: Plan): string {
  const parts = [
    `Calls ${plan.people} from ${plan.from}`,
    plan.start === '' ? ' starting now' : ` starting ${plan.start}`,
    plan.limit === 1 ? ', one at a time' : `, ${plan.limit} at a time`,
    plan.attempts === 1 ? ', one try each' : `, up to ${plan.attempts} tries each`,
    plan.hours ? `, ${describeHours(plan.hours)}` : '',
    plan.simulated ? '; simulated, so nobody’s telephone rings' : '',
  ];
  return `${parts.join('')}.`;
}

/** "Monday to Friday 09:00–18:00 New York time". */
export function describeHours(hours: Hours): string {
  return `${describeDays(hours.days)} ${hours.opens}–${closing(hours)} ${clockOf(hours.zone)}`;
}

/** "New York time", "UTC". */
export const clockOf = (zone: string) => (/^(Etc\/)?UTC$/.test(zone) ? 'UTC' : `${cityOf(zone)} time`);

/** "2 min", "1 h 6 min", "65 h": as exact as an expectation is. */
export function roughly(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 10) return `${Math.round(minutes / 60)} h`;
  if (hours === 0) return `${minutes} min`;
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** "New York" for America/New_York. */
export const cityOf = (zone: string) => (zone.split('/').at(-1) ?? zone).replaceAll('_', ' ');

const title = (day: Weekday) => day.charAt(0) + day.slice(1).toLowerCase();

function describeDays(days: readonly Weekday[]): string {
  const chosen = weekdays.map((day) => days.includes(day));
  const runs: string[] = [];
  for (let from = 0; from < chosen.length; from++) {
    if (!chosen[from]) continue;
    let to = from;
    while (chosen[to + 1]) to++;
    const [first, last] = [weekdays[from], weekdays[to]].map((day) => (day ? title(day) : ''));
    runs.push(from === to ? `${first}` : to === from + 1 ? `${first}, ${last}` : `${first} to ${last}`);
    from = to;
  }
  return runs[0] === 'Monday to Sunday' || runs.length === 0 ? 'every day' : runs.join(', ');
}

/** The figures at which more calls at once would bring the end nearer. */
export function fasterLimits(limit: number, most: number): number[] {
  return [10, 20, 50]
    .map((other) => Math.min(other, most))
    .filter((other, at, all) => other > limit && all.indexOf(other) === at);
}
