// A file of rejected rows is meant to be mended and read again. It is known by the
// columns of its own that it has beside those of the upload, whoever exported it;
// the server reads it by the same rules.
import type { Table } from './table';
import { lower } from './words';

/** The columns that an export adds; the last is the server's alone. Underscores follow where the upload has such a name. */
const ownColumns = ['row', 'reason_code', 'reason', 'suggestion'];

/** The places of an export's own columns, from and up to; null when the names are not those of an export. */
function findOwn(names: readonly string[]): [from: number, to: number] | null {
  for (let from = names.length - 3; from >= 0; from--) {
    const other = ownColumns.findIndex((name, at) => names[from + at]?.replace(/_+$/, '') !== name);
    if (other === -1 || other === 3) return [from, from + (other === -1 ? 4 : 3)];
  }
  return null;
}

/** What the export of a table with these names calls its own columns. */
export function ownNames(names: readonly string[]): string[] {
  const taken = new Set(names.map(lower));
  return ownColumns.slice(0, 3).map((name) => {
    let own = name;
    while (taken.has(own)) own += '_';
    return own;
  });
}

/** Whether a table is a file of rejected rows. */
export const isExport = (table: Table) => findOwn(table.names) !== null;

/** The table that was uploaded, of which an export holds some rows; the table itself when it is no export. */
export function asUploaded(table: Table): Table {
  const own = findOwn(table.names);
  if (!own) return table;
  const without = (cells: string[]) => [...cells.slice(0, own[0]), ...cells.slice(own[1])];
  const names = without(table.names).map(unharmed);
  const phone = names.findIndex((name) => lower(name) === 'phone');
  const rows = table.rows.map((cells) =>
    without(cells).map((cell, place) =>
      place === phone || phone < 0 ? unharmedPhone(cell) : unharmed(cell),
    ),
  );
  return { ...table, names, rows };
}

/**
 * Puts the rows of an export, mended in a spreadsheet, in the place of the rows they were made of. Null when it was
 * made of another table, whose columns are called otherwise.
 */
export function putBack(
  table: Table,
  named: readonly string[],
  mended: Table,
): { table: Table; rows: number } | null {
  const place = findOwn(mended.names)?.[0];
  const uploaded = asUploaded(mended);
  if (place !== named.length || uploaded.names.join('\0') !== named.join('\0')) return null;
  const rows = [...table.rows];
  let count = 0;
  mended.rows.forEach((cells, at) => {
    const row = Number(cells[place]);
    if (Number.isInteger(row) && row >= 1 && row <= rows.length) {
      rows[row - 1] = (uploaded.rows[at] ?? []).slice(0, place);
      count++;
    }
  });
  return { table: { ...table, rows }, rows: count };
}

/** What spreadsheets take for a formula. A signed amount is one, too, and comes to the same. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/;
const amount = /^[+-]?[0-9]+([.,][0-9]+)*%?$/;

/** Everything that is written in numbers; nothing of it is a function. */
const dialable = /^[+0-9(][-+0-9 ().]*$/;

/** Puts an apostrophe before what a spreadsheet would take for a formula, where a cell begins for it too. */
export function harmless(cell: string): string {
  const inside = cell.replace(/(;[\t\n\f\r "']*)([=+\-@＝＋－＠])/g, "$1'$2");
  return formula.test(inside) && !amount.test(inside) ? `'${inside}` : inside;
}

/** Puts a tab before a number, so that spreadsheets keep its plus sign; every reader of uploads takes it away again. */
export function keepPlus(cell: string): string {
  return dialable.test(cell) ? `\t${cell}` : harmless(cell);
}

function unharmed(cell: string): string {
  const rest = cell.slice(1);
  const first = cell[0] === "'" && formula.test(rest) && !amount.test(rest) ? rest : cell;
  return first.replace(/(;[\t\n\f\r "']*)'([=+\-@＝＋－＠])/g, '$1$2');
}

const unharmedPhone = (cell: string) => (/^\t./s.test(cell) ? cell.slice(1) : unharmed(cell));
