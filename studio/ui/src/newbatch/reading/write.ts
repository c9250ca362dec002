import { type Checked, type Choices, layOut, order, sentName } from './check.ts';
import { fieldNames } from './header.ts';
import { parseNumber } from './number.ts';
import { proposeRepair } from './repair.ts';
import type { Table } from './table.ts';

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
      return use.as === 'field' && cell === '' ? (choices.defaults[use.field] ?? '') : cell;
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
export function rejectedFile(table: Table, checked: Checked): string {
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
    lines.push(line([...padded.map(harmless), String(row), ...reason.map(harmless)]));
  }
  return byteOrderMark + lines.join('');
}

/** Writes rows that were left for another batch, as they are in the upload. */
export function restFile(table: Table, from: number): string {
  const lines = [line(table.names), ...table.rows.slice(from).map(line)];
  return byteOrderMark + lines.join('');
}

/** Puts an apostrophe before what a spreadsheet would take for a formula, or for a number whose plus sign it drops. */
function harmless(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
}

/** Takes away the apostrophe of `harmless`. */
export function unharmed(cell: string): string {
  return /^'[=+\-@\t\r]/.test(cell) ? cell.slice(1) : cell;
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
