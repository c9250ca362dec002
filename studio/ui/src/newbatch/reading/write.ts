import { type Checked, type Choices, layOut, order, sentName } from './check';
import { harmless, keepPlus, ownNames } from './exported';
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
  const names = fieldNames(table.names);
  const lines = [line([...names.map(harmless), ...ownNames(names)])];
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

function line(cells: string[]): string {
  return `${cells.map(quoted).join(',')}\r\n`;
}

function quoted(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}
