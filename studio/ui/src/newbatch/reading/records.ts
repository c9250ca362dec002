import { type Fault, invalid } from './fault';
import type { Text } from './text';

/** The longest record that is read, in bytes of UTF-8. */
export const maxRecordBytes = 64 << 10;

/** A quote where none may stand, or one that is missing. */
export interface QuoteFault {
  at: number;
  /** Whether the cell begins with a quote, at `opened`. */
  quoted: boolean;
  opened: number;
  /** Whether the quoted cell runs to the end of the record. */
  unclosed: boolean;
}

/**
 * Cuts a text into records at the line ends outside quotes. A line ends with CRLF, LF or a lone CR; a line end after the
 * last record starts no other.
 */
export class Records {
  /** Where the last record began, from 1. */
  line = 1;
  /** Only to tell which quote is wrong; a comma until the header is read. */
  delimiter = ',';
  private next = 1;
  private at = 0;
  private last = '';
  private readonly text: Text;

  constructor(text: Text) {
    this.text = text;
  }

  /** The next record without its line end, or null at the end. Throws a Fault when it cannot be CSV. */
  read(): string | null {
    const { value, brokenAt } = this.text;
    const start = this.at;
    this.line = this.next;
    this.last = '';
    if (start >= value.length) {
      return null;
    }
    const { end, open } = this.scan(start);
    this.last = value.slice(start, end);
    if (tooLong(this.last)) {
      throw invalid(
        `The row that begins on line ${this.line} is longer than 64 KiB.${open ? ' A quote is perhaps never closed.' : ''}`,
      );
    }
    if (open) {
      throw this.unterminated();
    }
    if (brokenAt >= start && brokenAt < end) {
      const line = this.lineAt(brokenAt - start);
      throw invalid(`Line ${line} is not UTF-8 text; save the file as "CSV UTF-8" and upload it again.`);
    }
    this.at = end + (value.startsWith('\r\n', end) ? 2 : 1);
    this.next = this.lineAt(this.last.length) + 1;
    return this.last;
  }

  /** How much of the text has been read, from 0 to 1. */
  get share(): number {
    return this.text.value.length === 0 ? 1 : this.at / this.text.value.length;
  }

  /** Tells of a quote that cannot stand where it stands in the last record. */
  misquoted(fault: QuoteFault): Fault {
    const line = this.lineAt(fault.at);
    if (!fault.quoted) {
      return invalid(
        `Line ${line} has a quote inside a cell that does not begin with one; put the whole cell in quotes and double every quote inside it.`,
      );
    }
    return invalid(
      `Line ${line} has text after a closing quote; double every quote inside a quoted cell, and see that the cell that begins on line ${this.lineAt(fault.opened)} is closed.`,
    );
  }

  /** Finds the end of the record, and whether a quote is open there. */
  private scan(start: number): { end: number; open: boolean } {
    const { value } = this.text;
    let open = false;
    for (let at = start; at < value.length; at++) {
      const code = value.charCodeAt(at);
      if (code > 0x22) {
        continue;
      }
      if (code === 0x22) {
        open = !open;
      } else if (!open && (code === 0x0a || code === 0x0d)) {
        return { end: at, open };
      } else if (code === 0) {
        this.last = value.slice(start, at);
        throw invalid(
          `Line ${this.lineAt(at - start)} holds a NUL byte, so the file is not text or not UTF-8; save it as "CSV UTF-8" and upload it again.`,
        );
      }
      if (open && at - start > maxRecordBytes) {
        return { end: at, open };
      }
    }
    return { end: value.length, open };
  }

  private lineAt(offset: number): number {
    let line = this.line;
    for (let i = 0; i < offset; i++) {
      const code = this.last.charCodeAt(i);
      if (code === 0x0d || (code === 0x0a && (i === 0 || this.last.charCodeAt(i - 1) !== 0x0d))) {
        line++;
      }
    }
    return line;
  }

  /** Blames the quote that must be mended: a stray quote further up leaves the last one open. */
  private unterminated(): Fault {
    const { fault } = split(this.last, this.delimiter);
    if (fault && !fault.unclosed) {
      return this.misquoted(fault);
    }
    const line = this.lineAt(this.last.lastIndexOf('"'));
    return invalid(
      `Line ${line} opens a quoted cell that is never closed; end the cell with a quote, and double every quote inside it.`,
    );
  }
}

function tooLong(record: string): boolean {
  return record.length * 3 > maxRecordBytes && new TextEncoder().encode(record).length > maxRecordBytes;
}

/** Cuts a record into cells, or says which quote is wrong. */
export function split(record: string, delimiter: string): { cells: string[]; fault: QuoteFault | null } {
  if (!record.includes('"')) {
    return { cells: record.split(delimiter), fault: null };
  }
  const cells: string[] = [];
  for (let start = 0; ; ) {
    const quoted = record[start] === '"';
    const { cell, end } = quoted ? unquote(record, start) : plain(record, start, delimiter);
    const stray = quoted ? -1 : cell.indexOf('"');
    if (stray >= 0) {
      return { cells, fault: { at: start + stray, quoted: false, opened: 0, unclosed: false } };
    }
    if (end < 0) {
      return { cells, fault: { at: start, quoted: true, opened: start, unclosed: true } };
    }
    cells.push(cell);
    if (end === record.length) {
      return { cells, fault: null };
    }
    if (record[end] !== delimiter) {
      return { cells, fault: { at: end, quoted: true, opened: start, unclosed: false } };
    }
    start = end + 1;
  }
}

function plain(record: string, start: number, delimiter: string): { cell: string; end: number } {
  const found = record.indexOf(delimiter, start);
  const end = found < 0 ? record.length : found;
  return { cell: record.slice(start, end), end };
}

/** The content of the quoted cell whose opening quote is at start, and where it ends: -1 when it does not. */
function unquote(record: string, start: number): { cell: string; end: number } {
  for (let at = record.indexOf('"', start + 1); at >= 0; at = record.indexOf('"', at + 2)) {
    if (record[at + 1] !== '"') {
      return { cell: record.slice(start + 1, at).replaceAll('""', '"'), end: at + 1 };
    }
  }
  return { cell: '', end: -1 };
}
