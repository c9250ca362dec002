import { type Header, knownColumns, readHeader } from './header';
import { Records, split } from './records';
import type { Work } from './slices';
import type { Text } from './text';

/** The cells of a file as they are written in it. */
export interface Table extends Header {
  /** The rows after the header, blank ones included. */
  rows: string[][];
}

/** How many records are read between two looks at the clock. */
const slice = 250;

/** Reads a text into a table, yielding the share that is read. Throws a Fault when it cannot be read. */
export function* readTable(text: Text): Work<Table> {
  const records = new Records(text);
  const header = readHeader(records);
  const rows: string[][] = [];
  try {
    for (let record = records.read(); record !== null; record = records.read()) {
      const { cells, fault } = split(record, header.delimiter);
      if (fault) {
        throw records.misquoted(fault);
      }
      rows.push(cells);
      if (rows.length % slice === 0) {
        yield records.share;
      }
    }
  } catch (fault) {
    knownColumns(header.names); // what is wrong with the header is told first
    throw fault;
  }
  return { ...header, rows };
}

/** The table with its header taken for the first row, for a file that has none. */
export function withoutHeader(table: Table): Table {
  const names = table.names.map((_, place) => `column_${place + 1}`);
  return { ...table, names, rows: [table.names, ...table.rows] };
}
