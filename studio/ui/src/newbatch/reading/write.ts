import { type Checked, type Choices, layOut, order, sentName } from './check';
import { fieldNames } from './header';
import { parseNumber } from './number';
import { proposeRepair } from './repair';
import type { Table } from './table';
import { isEmpty } from './values';

const byteOrderMark = '\ufeff';

/** Writes the file that is sent when a table is not sent as it came. It holds every row, in the order of `order`. */
export function sentFile(table: Table, choices: Choices): string {
  const layout = layOut(table, choices);
  const kept = layout.uses
    .map((use, place) => ({ place, use, name: sentName(use) }))
    .filter(({ name }) => name !== null);
  const added = Object.keys(choices.defaults).filter((name) => !kept.some((column) => column.name === name));
  const names = [...kept.map(({ name }) => name ?? ''), ...added];
  const lines = [line(names)];
  for (const place of order(table, layout, choices)) {
    const cells = table.rows[place] ?? [];
    if (cells.every((cell) => cell.trim() === '')) {
      lines.push(line(names.map(() => '')));
      continue;
    }
    const written = kept.map(({ place: column, use }) => {
      const cell = cells[column] ?? '';
      if (use.as === 'phone') {
        return sentPhone(choices.mended[place + 1] ?? cell, choices);
      }
      return use.as === 'field' && isEmpty(cell) ? (choices.defaults[use.field] ?? '') : cell;
    });
    const surplus = cells.slice(table.names.length);
    lines.push(line([...written, ...added.map((name) => choices.defaults[name] ?? ''), ...surplus]));
  }
  return byteOrderMark + lines.join('');
}

function sentPhone(written: string, choices: Choices): string {
  if (parseNumber(written) !== null) {
    return written;
  }
  const repair = proposeRepair(written, choices.country);
  return repair && repair.number !== '' && choices.repairs.includes(repair.kind) ? repair.number : written;
}

/** The columns that a file of rejected rows has after those of the upload. */
export const reasonColumns = ['row', 'reason_code', 'reason'];

/** Writes the rows that will not be called with the reasons, to be mended in a spreadsheet and dropped again. */
export function rejectedFile(table: Table, choices: Choices, checked: Checked): string {
  const { phone: phoneColumn } = layOut(table, choices);
  const reasons = new Map<number, [string, string]>();
  for (const { row, code, detail, suggestion } of checked.rejections) {
    reasons.set(row, [code.toLowerCase(), suggestion === '' ? detail : `${detail} Perhaps ${suggestion}.`]);
  }
  for (const { row, firstRow, phone } of checked.duplicates) {
    reasons.set(row, ['duplicate', `Row ${firstRow} has the number ${phone} too.`]);
  }
  const lines = [line([...fieldNames(table.names), ...reasonColumns])];
  for (const [row, reason] of [...reasons].sort(([a], [b]) => a - b)) {
    const cells = table.rows[row - 1] ?? [];
    const padded = table.names.map((_, place) => cells[place] ?? '');
    const written = padded.map((cell, place) => (place === phoneColumn ? keepPlus(cell) : harmless(cell)));
    lines.push(line([...written, String(row), ...reason.map(harmless)]));
  }
  return byteOrderMark + lines.join('');
}

/** Writes rows that were left for another batch, as they are in the upload. */
export function restFile(table: Table, from: number): string {
  const lines = [line(table.names), ...table.rows.slice(from).map(line)];
  return byteOrderMark + lines.join('');
}

/** What spreadsheets take for a formula. A signed amount is one, too, and comes to the same. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/;
const amount = /^[+-]?\d+([.,]\d+)*%?$/;

/** Everything that is written in numbers; nothing of it is a function. */
const dialable = /^[+0-9(][-+0-9 ().]*$/;

/** Puts an apostrophe before what a spreadsheet would take for a formula, as the server's exports do. */
function harmless(cell: string): string {
  return formula.test(cell) && !amount.test(cell) ? `'${cell}` : cell;
}

/** Puts a tab before a number, so that spreadsheets keep its plus sign; every reader of uploads takes it away again. */
function keepPlus(cell: string): string {
  return dialable.test(cell) ? `\t${cell}` : harmless(cell);
}

/** Takes away what `harmless` and `keepPlus` put before a cell. */
export function unharmed(cell: string): string {
  const rest = cell.slice(1);
  const added = (cell[0] === "'" && formula.test(rest)) || (cell[0] === '\t' && dialable.test(rest));
  return added ? rest : cell;
}

function line(cells: string[]): string {
  return `${cells.map(quoted).join(',')}\r\n`;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Whether a table is a file of rejected rows. */
export function isRejectedFile(table: Table): boolean {
  return reasonColumns.every((name, at) => table.names.at(at - reasonColumns.length) === name);
}

/**
 * Puts the rows of a file of rejected rows, mended in a spreadsheet, in the place of the rows they were made of. Null
 * when the file was made of another table.
 */
export function putBack(table: Table, mended: Table): { table: Table; rows: number } | null {
  const width = table.names.length;
  const same =
    mended.names.length === width + reasonColumns.length &&
    mended.names.slice(0, width).join('\0') === fieldNames(table.names).join('\0');
  if (!same) {
    return null;
  }
  const rows = [...table.rows];
  let count = 0;
  for (const cells of mended.rows) {
    const row = Number(cells[width]);
    if (Number.isInteger(row) && row >= 1 && row <= rows.length) {
      rows[row - 1] = cells.slice(0, width).map(unharmed);
      count++;
    }
  }
  return { table: { ...table, rows }, rows: count };
}

/** The table that a file of rejected rows holds when it is dropped by itself, without the reasons. */
export function withoutReasons(table: Table): Table {
  const width = table.names.length - reasonColumns.length;
  return {
    ...table,
    names: table.names.slice(0, width),
    rows: table.rows.map((cells) => cells.slice(0, width).map(unharmed)),
  };
}
