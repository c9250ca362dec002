import { Fault, invalid } from './fault';
import { parseNumber } from './number';
import { type QuoteFault, type Records, split } from './records';
import { lower, quoted, trim } from './words';

/** The most columns that are read. */
export const maxColumns = 100;

/** What a character between cells is called. */
export const delimiterNames = new Map([
  [',', 'comma'],
  [';', 'semicolon'],
  ['\t', 'tab'],
]);

/** The first record of a file. */
export interface Header {
  delimiter: string;
  /** The names of the columns, trimmed; empty where the cell is blank. */
  names: string[];
}

/** Reads the first record that is not blank, after an optional line such as "sep=;", which Excel writes and understands. */
export function readHeader(records: Records): Header {
  let record = firstRecord(records);
  let delimiters = [...delimiterNames.keys()];
  const line = record.replace(/^"+|"+$/g, '').replace(/^ +/, '');
  if (/^sep=.$/is.test(line) && line.charCodeAt(4) < 0x80) {
    const declared = line.charAt(4);
    if (!delimiters.includes(declared)) {
      throw invalid(
        `Line ${records.line} declares the delimiter ${quoted(declared)}; use a comma, a semicolon or a tab.`,
      );
    }
    delimiters = [declared];
    record = firstRecord(records);
  }
  const { delimiter, cells, fault } = cut(record, delimiters);
  records.delimiter = delimiter;
  if (fault) {
    throw records.misquoted(fault);
  }
  return { delimiter, names: cells.map(columnName) };
}

function firstRecord(records: Records): string {
  for (let record = records.read(); record !== null; record = records.read()) {
    if (record.replace(/[\t ,;"\u00a0\ufeff]/g, '') !== '') {
      return record;
    }
  }
  throw invalid("The file is empty; upload a CSV file with a header row and a 'phone' column.");
}

interface Cut {
  delimiter: string;
  cells: string[];
  fault: QuoteFault | null;
}

/** Splits the header at the first delimiter that gives it a phone column, else at the one that gives it most columns. */
function cut(record: string, delimiters: string[]): Cut {
  let best: Cut | null = null;
  for (const delimiter of delimiters) {
    const found: Cut = { delimiter, ...split(record, delimiter) };
    if (!found.fault && found.cells.some((cell) => lower(columnName(cell)) === 'phone')) {
      return found;
    }
    const better: boolean =
      !best || (!found.fault && (best.fault !== null || found.cells.length > best.cells.length));
    best = better ? found : best;
  }
  return best as Cut;
}

/** A header cell without white space around it, nor the byte order marks of files that were joined. */
export function columnName(cell: string): string {
  let name = cell;
  for (let before = ''; before !== name; ) {
    before = name;
    name = trim(name).replace(/^\ufeff+|\ufeff+$/g, '');
  }
  return name;
}

/** Where the columns are that the server knows by name; -1 where there is none. */
export interface Known {
  phone: number;
  name: number;
}

/** Finds the phone and name columns as the server does, or throws a Fault that says why it would not. */
export function knownColumns(names: string[]): Known {
  if (names.length > maxColumns) {
    throw invalid(
      `The header has ${names.length} columns; at most ${maxColumns} are read. Remove the columns that the calls do not need.`,
    );
  }
  const places = new Map<string, number>();
  let duplicate = '';
  names.forEach((name, place) => {
    const folded = lower(name);
    const first = places.get(folded);
    if (name !== '' && first !== undefined && duplicate === '') {
      duplicate = `The header has the column ${quoted(name)} twice, in places ${first + 1} and ${place + 1}; rename or remove one.`;
    }
    if (name !== '') {
      places.set(folded, place);
    }
  });
  const phone = places.get('phone');
  if (phone === undefined) {
    throw missingPhone(names);
  }
  if (duplicate !== '') {
    throw invalid(duplicate);
  }
  return { phone, name: places.get('name') ?? -1 };
}

/** Names the columns that have no name after their place, so that no two share one. */
export function fieldNames(names: string[]): string[] {
  const taken = new Set(names.map(lower));
  return names.map((name, place) => {
    if (name !== '') {
      return name;
    }
    let made = `column_${place + 1}`;
    while (taken.has(made)) {
      made += '_';
    }
    return made;
  });
}

function missingPhone(names: string[]): Fault {
  const message = `CSV must have 'phone' column. Found columns: [${names.map(quoted).join(', ')}]`;
  for (const name of names) {
    if (parseNumber(name) !== null) {
      return new Fault(
        'missing_phone_column',
        message,
        'The first row looks like a contact; put a header row such as phone,name above it.',
      );
    }
    if (meansPhone(name)) {
      return new Fault('missing_phone_column', message, `Rename the column ${quoted(name)} to 'phone'.`);
    }
  }
  return new Fault('missing_phone_column', message);
}

/** Whether a column is probably the one with the numbers. */
export function meansPhone(name: string): boolean {
  const folded = lower(name);
  const words = ['phone', 'mobile', 'cell', 'number', 'msisdn'];
  return words.some((word) => folded.includes(word)) || folded === 'tel' || folded === 'telefon';
}
