import { invalid } from './fault';
import { columnName } from './header';
import type { Table } from './table';
import { blank } from './words';

/**
 * Reads cells as spreadsheets copy them: tab-separated, a cell in quotes only when it holds a tab, a quote or a line end.
 * Quotes elsewhere are taken as they stand, as nobody can mend them on a clipboard.
 */
export function readPaste(pasted: string): Table {
  const all = cells(pasted);
  const start = all.findIndex((row) => !row.every(blank));
  const head = all[start];
  if (!head) {
    throw invalid(
      'Nothing but white space was pasted; copy the rows with their header and paste them again.',
    );
  }
  return { delimiter: '\t', names: head.map(columnName), rows: all.slice(start + 1) };
}

/** Whether a pasted text is a table copied out of a spreadsheet, as opposed to text in the form of a file. */
export function isCopiedTable(pasted: string): boolean {
  return pasted.includes('\t');
}

function cells(pasted: string): string[][] {
  const text = pasted.replace(/\r\n|\r/g, '\n');
  const rows: string[][] = [];
  let row: string[] = [];
  for (let at = 0; at <= text.length; ) {
    const { cell, end } = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at);
    row.push(cell);
    if (text[end] !== '\t') {
      rows.push(row);
      row = [];
    }
    at = end + 1;
    if (at === text.length && text[end] === '\n') {
      break;
    }
  }
  return rows;
}

function plainCell(text: string, start: number): { cell: string; end: number } {
  let end = start;
  while (end < text.length && text[end] !== '\t' && text[end] !== '\n') {
    end++;
  }
  return { cell: text.slice(start, end), end };
}

/** Reads a cell in quotes; one that is not closed, or goes on after its end, is taken as it stands. */
function quotedCell(text: string, start: number): { cell: string; end: number } {
  const closed = /"((?:[^"]|"")*)"(?=[\t\n]|$)/y;
  closed.lastIndex = start;
  const found = closed.exec(text);
  if (!found) {
    return plainCell(text, start);
  }
  return { cell: (found[1] ?? '').replaceAll('""', '"'), end: closed.lastIndex };
}
