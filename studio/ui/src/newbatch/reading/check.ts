import { Fault } from './fault';
import { fieldNames, knownColumns } from './header';
import { explainNumber, guess, parseNumber } from './number';
import { proposeRepair, type Repair, type RepairKind } from './repair';
import type { Work } from './slices';
import type { Table } from './table';
import { blank, length, plural, shorten, trim } from './words';

/** The most contacts of a batch. */
export const maxContacts = 10_000;
const maxNameLength = 255;
const maxShownPhone = 64;

/** What a column is used as; a field's name is what the agent's prompt says between braces. */
export type Use = { as: 'phone' } | { as: 'name' } | { as: 'field'; field: string } | { as: 'nothing' };

/** What a person has decided about a table. */
export interface Choices {
  /** What each column is used as; null as the header says. */
  uses: Use[] | null;
  /** The repairs that are wanted. */
  repairs: RepairKind[];
  /** The code, without its plus sign, of the country that national numbers are of; empty when nobody has said. */
  country: string;
  /** What fields are filled with where they are empty, by name. */
  defaults: Record<string, string>;
  /** Numbers that a person has mended by hand, by row. */
  mended: Record<number, string>;
  /** Which row of several with one number is called. */
  keep: 'first' | 'last';
  /** Whether rows beyond the limit are left for another batch. */
  cut: boolean;
}

/** Takes a file as it is. */
export const asItIs: Choices = {
  uses: null,
  repairs: [],
  country: '',
  defaults: {},
  mended: {},
  keep: 'first',
  cut: false,
};

/** Whether what was decided makes another file of the table. */
export function changes(choices: Choices): boolean {
  return (
    choices.uses !== null ||
    choices.repairs.length > 0 ||
    Object.keys(choices.defaults).length > 0 ||
    Object.keys(choices.mended).length > 0 ||
    choices.keep === 'last' ||
    choices.cut
  );
}

/** Why a row is not a contact, as the API names it. */
export type RejectionCode = 'INVALID_PHONE_FORMAT' | 'MISSING_PHONE' | 'ROW_TOO_LONG' | 'NAME_TOO_LONG';

/** A row that will be called. */
export interface Contact {
  /** Which row, from 1, the header not counted. */
  row: number;
  phone: string;
  name: string;
}

/** A row that will not be called. */
export interface Rejection {
  row: number;
  /** The cell as it is written, shortened when very long. */
  phone: string;
  code: RejectionCode;
  detail: string;
  /** The number that may have been meant; empty when there is no guess. */
  suggestion: string;
  /** How it can be repaired; null when it cannot. */
  repair: Repair | null;
}

/** A row with the number of another. */
export interface Duplicate {
  row: number;
  firstRow: number;
  phone: string;
}

/** A column and what became of it. */
export interface Column {
  name: string;
  use: Use;
  /** Its first values. */
  samples: string[];
}

/** What a table holds. Rows = contacts + rejections + duplicates + blank. */
export interface Checked {
  rows: number;
  contacts: Contact[];
  rejections: Rejection[];
  duplicates: Duplicate[];
  blank: number;
  /** Rows beyond the limit that are left for another batch; not counted in rows. */
  left: number;
  columns: Column[];
  /** The names of the custom fields. */
  fields: string[];
  /** How many rows each repair has made contacts or duplicates of. */
  repaired: Partial<Record<RepairKind, number>>;
  /** Why nothing can be made of it; null when something can. */
  fault: Fault | null;
}

/** Where the columns of a table are, once it is decided what they are used as. */
export interface Layout {
  uses: Use[];
  phone: number;
  name: number;
}

/** Decides what the columns of a table are used as, or throws the Fault that the server would find. */
export function layOut(table: Table, choices: Choices): Layout {
  const { uses } = choices;
  if (!uses) {
    const { phone, name } = knownColumns(table.names);
    return { uses: usesByName(table.names, phone, name), phone, name };
  }
  knownColumns(uses.map(sentName).filter((name) => name !== null));
  return {
    uses,
    phone: uses.findIndex((use) => use.as === 'phone'),
    name: uses.findIndex((use) => use.as === 'name'),
  };
}

/** The uses that the names of the columns alone suggest. */
export function usesByName(names: string[], phone: number, name: number): Use[] {
  const fields = fieldNames(names);
  return names.map((_, place): Use => {
    if (place === phone) {
      return { as: 'phone' };
    }
    return place === name ? { as: 'name' } : { as: 'field', field: fields[place] ?? '' };
  });
}

/** The header that a column is sent with; null when it is not sent. */
export function sentName(use: Use): string | null {
  return use.as === 'nothing' ? null : use.as === 'field' ? use.field : use.as;
}

/** Sorts the rows of a table into contacts and what cannot be called, as the server does, yielding how much is done. */
export function* check(table: Table, choices: Choices): Work<Checked> {
  const checked = nothingYet();
  checked.columns = describe(table, choices);
  let layout: Layout;
  try {
    layout = layOut(table, choices);
  } catch (fault) {
    return { ...checked, rows: table.rows.length, fault: asFault(fault) };
  }
  const seen = new Map<string, number>();
  const used = new Set<number>();
  for (const place of order(table, layout, choices)) {
    if (checked.rows - checked.blank === maxContacts && !table.rows[place]?.every(blank)) {
      if (!choices.cut) {
        return { ...checked, rows: table.rows.length, fault: tooMany() };
      }
      checked.left++;
      continue;
    }
    sort(table, layout, choices, place, checked, seen, used);
    if (place % 250 === 249) {
      yield place / table.rows.length;
    }
  }
  checked.fields = fieldsOf(table, layout, used);
  checked.fault = emptiness(checked);
  return checked;
}

function nothingYet(): Checked {
  return {
    rows: 0,
    contacts: [],
    rejections: [],
    duplicates: [],
    blank: 0,
    left: 0,
    columns: [],
    fields: [],
    repaired: {},
    fault: null,
  };
}

function asFault(error: unknown): Fault {
  if (error instanceof Fault) {
    return error;
  }
  throw error;
}

function tooMany(): Fault {
  return new Fault(
    'too_many_contacts',
    'A batch job takes at most 10,000 contacts and more were uploaded; split them into several batch jobs.',
  );
}

/** The rows in the order in which they are sent: when the last of several stays, it takes the place of the first. */
export function order(table: Table, layout: Layout, choices: Choices): number[] {
  const places = table.rows.map((_, place) => place);
  if (choices.keep === 'first') {
    return places;
  }
  const groups = new Map<string, { first: number; last: number }>();
  table.rows.forEach((cells, place) => {
    const { phone } = phoneOf(cells, place, layout, choices);
    const group = phone === null ? undefined : groups.get(phone);
    if (group) {
      group.last = place;
    } else if (phone !== null) {
      groups.set(phone, { first: place, last: place });
    }
  });
  for (const { first, last } of groups.values()) {
    places[first] = last;
    places[last] = first;
  }
  return places;
}

interface Found {
  /** The number as it is sent; null when there is none. */
  phone: string | null;
  repair: Repair | null;
  written: string;
}

/** The number of a row, by hand, as it is written or as it is repaired. */
function phoneOf(cells: string[], place: number, layout: Layout, choices: Choices): Found {
  const written = choices.mended[place + 1] ?? cells[layout.phone] ?? '';
  const phone = parseNumber(written);
  if (phone !== null) {
    return { phone, repair: null, written };
  }
  const repair = proposeRepair(written, choices.country);
  const wanted = repair && repair.number !== '' && choices.repairs.includes(repair.kind);
  return { phone: wanted ? repair.number : null, repair, written };
}

function sort(
  table: Table,
  layout: Layout,
  choices: Choices,
  place: number,
  checked: Checked,
  seen: Map<string, number>,
  used: Set<number>,
): void {
  const cells = table.rows[place] ?? [];
  const row = place + 1;
  checked.rows++;
  if (cells.every(blank)) {
    checked.blank++;
    return;
  }
  cells.forEach((cell, column) => {
    if (!blank(cell)) {
      used.add(column);
    }
  });
  const { phone, repair, written } = phoneOf(cells, place, layout, choices);
  const name = trim(cells[layout.name] ?? '');
  const reject = (code: RejectionCode, detail: string) => {
    const suggestion = code === 'INVALID_PHONE_FORMAT' ? guess(written).number : '';
    checked.rejections.push({
      row,
      phone: shorten(written, maxShownPhone),
      code,
      detail,
      suggestion,
      repair,
    });
  };
  const columns = table.names.length;
  if (cells.length > columns && !cells.slice(columns).every(blank)) {
    reject('ROW_TOO_LONG', tooWide(cells.length, columns));
  } else if (phone === null && trim(written) === '') {
    reject('MISSING_PHONE', 'The row has no phone number.');
  } else if (phone === null) {
    reject('INVALID_PHONE_FORMAT', explainNumber(written));
  } else if (name.length > maxNameLength && length(name) > maxNameLength) {
    reject('NAME_TOO_LONG', `The name is longer than ${maxNameLength} characters.`);
  } else {
    if (repair) {
      checked.repaired[repair.kind] = (checked.repaired[repair.kind] ?? 0) + 1;
    }
    const firstRow = seen.get(phone);
    if (firstRow !== undefined) {
      checked.duplicates.push({ row, firstRow, phone });
      return;
    }
    seen.set(phone, row);
    checked.contacts.push({ row, phone, name });
  }
}

function tooWide(cells: number, columns: number): string {
  return `The row has ${plural(cells, 'cell')} and the header ${plural(columns, 'column')}; put a cell that holds the delimiter in quotes.`;
}

function describe(table: Table, choices: Choices): Column[] {
  const uses = choices.uses ?? guessUses(table.names);
  const names = fieldNames(table.names);
  const sampled = table.rows.slice(0, 200);
  return uses.map((use, place) => {
    const samples: string[] = [];
    for (const cells of sampled) {
      const cell = cells[place] ?? '';
      if (samples.length < 3 && !blank(cell)) {
        samples.push(shorten(trim(cell), 60));
      }
    }
    return { name: names[place] ?? '', use, samples };
  });
}

/** The uses that the names of the columns suggest, whether or not the server could read them. */
export function guessUses(names: string[]): Use[] {
  const folded = names.map((name) => trim(name).toLowerCase());
  return usesByName(names, folded.indexOf('phone'), folded.indexOf('name'));
}

function fieldsOf(table: Table, layout: Layout, used: Set<number>): string[] {
  const fields: string[] = [];
  layout.uses.forEach((use, place) => {
    if (use.as === 'field' && (table.names[place] !== '' || used.has(place))) {
      fields.push(use.field);
    }
  });
  return fields;
}

/** Why no batch can be made of a table without contacts. */
function emptiness(checked: Checked): Fault | null {
  if (checked.contacts.length > 0) {
    return null;
  }
  const { rejections } = checked;
  if (rejections.length === 0) {
    const rows = checked.blank > 0 ? 'only blank rows' : 'no rows';
    return new Fault('no_valid_contacts', `The file has a header and ${rows}.`);
  }
  const { common, count } = commonest(rejections);
  return new Fault(
    'no_valid_contacts',
    `No row has a valid phone number. ${share(count, rejections, common)}, for example row ${common.row}: ${sentence(common)}`,
  );
}

function commonest(rejections: Rejection[]): { common: Rejection; count: number } {
  const tally = new Map<RejectionCode, number>();
  for (const { code } of rejections) {
    tally.set(code, (tally.get(code) ?? 0) + 1);
  }
  const count = Math.max(...tally.values());
  const common = rejections.find(({ code }) => tally.get(code) === count) as Rejection;
  return { common, count };
}

function share(count: number, rejections: Rejection[], common: Rejection): string {
  const rejected = rejections.length;
  if (rejected === 1) {
    return 'The one row was rejected';
  }
  if (rejected > count) {
    return `${count} of ${rejected} rows were rejected for one reason`;
  }
  const all = `All ${rejected} rows were rejected`;
  return rejections.every(({ detail }) => detail === common.detail) ? `${all} for one reason` : all;
}

function sentence(rejection: Rejection): string {
  const detail =
    rejection.code === 'INVALID_PHONE_FORMAT'
      ? `${JSON.stringify(rejection.phone)}: ${rejection.detail}`
      : rejection.detail;
  return rejection.suggestion === '' ? detail : `${detail} Perhaps ${rejection.suggestion}.`;
}
