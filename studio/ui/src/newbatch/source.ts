// A file, or rows off the clipboard, becomes a table.
import { Fault } from './reading/fault';
import { delimiterNames } from './reading/header';
import { isCopiedTable, readPaste } from './reading/paste';
import { finishInPieces } from './reading/slices';
import { readTable, type Table } from './reading/table';
import { decode, decodeWindows, type Text } from './reading/text';

/** The largest file that the server takes, in bytes. */
const mostBytes = 10 << 20;

/** Where contacts come from. */
export type Source = {
  name: string;
  size: number;
  /** The file as it came; null when the server could not read it that way. */
  file: File | null;
  /** "UTF-8, comma". */
  form: string;
  /** Null when it cannot be read; fault says why. */
  table: Table | null;
  fault: Fault | null;
  /** The bytes of a file that is no UTF-8 but may be what Excel writes. */
  broken: Uint8Array | null;
};

/** What stands in place of an encoding for rows off the clipboard. */
export const pastedForm = 'pasted';

const nothing = { size: 0, file: null, form: '', table: null, fault: null, broken: null };

/** Reads a file. Rejects only when it could not be read off the disk, or when the signal is aborted. */
export async function readFile(file: File, signal: AbortSignal): Promise<Source> {
  const source = { ...nothing, name: file.name, size: file.size };
  if (file.size > mostBytes) {
    return { ...source, fault: tooLarge() };
  }
  const bytes = new Uint8Array(await file.arrayBuffer());
  signal.throwIfAborted();
  let text: Text;
  try {
    text = decode(bytes);
  } catch (error) {
    return { ...source, fault: faultOf(error) };
  }
  const read = await readText(text, signal);
  const broken = text.brokenAt >= 0 && text.encoding === 'UTF-8' ? bytes : null;
  return { ...source, file, broken, ...read };
}

/** Reads a file that is no UTF-8 as Excel for Windows writes plain CSV. */
export async function readAsWindows(source: Source, signal: AbortSignal): Promise<Source> {
  const read = await readText(decodeWindows(source.broken ?? new Uint8Array()), signal);
  return { ...source, file: null, broken: null, ...read };
}

/** Reads rows that were copied out of a spreadsheet, or the text of a file. */
export async function readPasted(pasted: string, signal: AbortSignal): Promise<Source> {
  const source = { ...nothing, name: 'Pasted rows', size: new Blob([pasted]).size };
  if (source.size > mostBytes) {
    return { ...source, fault: tooLarge() };
  }
  if (!isCopiedTable(pasted)) {
    return { ...source, ...(await readText({ value: pasted, brokenAt: -1, encoding: 'UTF-8' }, signal)) };
  }
  try {
    return { ...source, form: pastedForm, table: readPaste(pasted) };
  } catch (error) {
    return { ...source, fault: faultOf(error) };
  }
}

async function readText(text: Text, signal: AbortSignal): Promise<Pick<Source, 'form' | 'table' | 'fault'>> {
  try {
    const table = await finishInPieces(readTable(text), signal);
    return { form: `${text.encoding}, ${delimiterNames.get(table.delimiter)}`, table, fault: null };
  } catch (error) {
    return { form: text.encoding, table: null, fault: faultOf(error) };
  }
}

const tooLarge = () =>
  new Fault('file_too_large', 'The file is larger than 10 MB, which is the most that is taken.');

function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error;
  throw error;
}
