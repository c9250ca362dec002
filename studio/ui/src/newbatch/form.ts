// What is entered in the third section, and what can be said about it without
// asking the server.

export const weekdays = [
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
  'SUNDAY',
] as const;

export type Weekday = (typeof weekdays)[number];

/** Local hours in which contacts may be called. */
export type Hours = {
  days: Weekday[];
  /** "09:00". */
  opens: string;
  /** "18:00"; "00:00" is the end of the day. */
  closes: string;
  zone: string;
};

/** The fields of the form. Contacts are not among them: they are never kept by the browser. */
export type Form = {
  name: string;
  /** The name that a file gave: while the field holds it, the next file gives another. */
  fileName: string;
  description: string;
  numberId: string;
  /** As they are typed, so that a field can be empty for a moment. */
  limit: string;
  attempts: string;
  hours: Hours | null;
  start: 'now' | 'later';
  /** "2027-03-02T09:00", as the input writes it. */
  local: string;
  zone: string;
};

/** The form before anything was entered. */
export const emptyForm = (zone: string): Form => ({
  name: '',
  fileName: '',
  description: '',
  numberId: '',
  limit: '5',
  attempts: '3',
  hours: null,
  start: 'now',
  local: '',
  zone,
});

/** Hours that a person probably wants. */
export const officeHours = (zone: string): Hours => ({
  days: ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'],
  opens: '09:00',
  closes: '18:00',
  zone,
});

/** A field that an error can stand beside. */
export type Field =
  | 'name'
  | 'description'
  | 'numberId'
  | 'limit'
  | 'attempts'
  | 'local'
  | 'zone'
  | 'days'
  | 'opens'
  | 'closes'
  | 'hoursZone'
  | 'contacts';

/** What is wrong, by the field it stands beside. */
export type FieldErrors = Partial<Record<Field, string>>;

const between = (text: string, most: number) =>
  /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= most;

/** What is wrong with the form, all of it. What only the server can know is not among it. */
export function checkForm(form: Form): FieldErrors {
  const errors: FieldErrors = {};
  if (form.name.trim() === '') errors.name = 'Give the batch a name.';
  else if (Array.from(form.name.trim()).length > 200) errors.name = 'A name has at most 200 characters.';
  if (Array.from(form.description).length > 1000)
    errors.description = 'A description has at most 1,000 characters.';
  if (form.numberId === '') errors.numberId = 'Choose the number to call from.';
  if (!between(form.limit, 50)) errors.limit = 'Enter a number from 1 to 50.';
  if (!between(form.attempts, 10)) errors.attempts = 'Enter a number from 1 to 10.';
  if (form.start === 'later' && form.local === '') errors.local = 'Enter when to start.';
  if (form.start === 'later' && form.zone === '') errors.zone = 'Choose a time zone.';
  if (form.hours) Object.assign(errors, checkHours(form.hours));
  return errors;
}

function checkHours(hours: Hours): FieldErrors {
  const errors: FieldErrors = {};
  if (hours.days.length === 0) errors.days = 'Choose a day at least.';
  if (hours.opens === '') errors.opens = 'Enter when calls may begin.';
  if (hours.closes === '') errors.closes = 'Enter when calls must end.';
  else if (closing(hours) <= hours.opens) errors.closes = 'Calls must end later on the day than they begin.';
  if (hours.zone === '') errors.hoursZone = 'Choose a time zone.';
  return errors;
}

/** When hours close, as the API writes it. */
export const closing = (hours: Hours) => (hours.closes === '00:00' ? '24:00' : hours.closes);

const fields: [path: string, field: Field][] = [
  ['name', 'name'],
  ['description', 'description'],
  ['fromPhoneNumberId', 'numberId'],
  ['concurrentCallLimit', 'limit'],
  ['maxAttempts', 'attempts'],
  ['scheduledStartTime', 'local'],
  ['timezone', 'zone'],
  ['callWindow.days', 'days'],
  ['callWindow.opens', 'opens'],
  ['callWindow.closes', 'closes'],
  ['callWindow.timezone', 'hoursZone'],
  ['callWindow', 'opens'],
  ['contacts', 'contacts'],
];

/** The field that an error of the API is about; null when it is about no single one. */
export function fieldOf(path: readonly string[] | null | undefined): Field | null {
  const named = (path ?? []).slice(1).join('.');
  return fields.find(([start]) => named === start || named.startsWith(`${start}.`))?.[1] ?? null;
}
