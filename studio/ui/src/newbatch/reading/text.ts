import { invalid } from './fault';

/** The text of a file, and where it stops being text. */
export interface Text {
  /** The text without its byte order mark. */
  value: string;
  /** Where in the text the first bytes stand that are none; -1 when all of it is text. */
  brokenAt: number;
  /** How the file was encoded, for people. */
  encoding: 'UTF-8' | 'UTF-8 with BOM' | 'UTF-16' | 'Windows-1252';
}

interface OtherFile {
  start: string;
  name: string;
  advice: string;
}

const save = 'open it in a spreadsheet, save it as "CSV UTF-8" and upload that';
const unpack = 'unpack it and upload the CSV file inside';
const upload = 'upload a CSV file';
const send = 'send it as contacts in a JSON request';

/** What people upload in place of CSV, by its first bytes. */
const otherFiles: OtherFile[] = [
  { start: 'PK\x03\x04', name: 'an Excel workbook (.xlsx) or a zip archive', advice: save },
  { start: 'PK\x05\x06', name: 'an empty zip archive', advice: upload },
  { start: '\xd0\xcf\x11\xe0', name: 'an old Excel workbook (.xls)', advice: save },
  { start: '%PDF-', name: 'a PDF document', advice: upload },
  { start: '{\\rtf', name: 'a rich text document', advice: save },
  { start: '\x1f\x8b', name: 'a gzip archive', advice: unpack },
  { start: 'BZh', name: 'a bzip2 archive', advice: unpack },
  { start: '7z\xbc\xaf', name: 'a 7-Zip archive', advice: unpack },
  { start: 'Rar!', name: 'a RAR archive', advice: unpack },
  { start: '\x89PNG', name: 'a PNG image', advice: upload },
  { start: '\xff\xd8\xff', name: 'a JPEG image', advice: upload },
  { start: 'GIF8', name: 'a GIF image', advice: upload },
  { start: '\xff\xfe\x00\x00', name: 'UTF-32 text', advice: 'save it as "CSV UTF-8"' },
  { start: '\x00\x00\xfe\xff', name: 'UTF-32 text', advice: 'save it as "CSV UTF-8"' },
  { start: '[{', name: 'JSON', advice: send },
  { start: '[\n', name: 'JSON', advice: send },
  { start: '[\r', name: 'JSON', advice: send },
  { start: '{"', name: 'JSON', advice: send },
  { start: '{\n', name: 'JSON', advice: send },
  { start: '{\r', name: 'JSON', advice: send },
  { start: '<', name: 'a web page or XML', advice: save },
];

/** Reads the bytes of a file as text, or throws a Fault when it is plainly another kind of file. */
export function decode(bytes: Uint8Array): Text {
  const start = String.fromCharCode(...bytes.subarray(0, 8));
  const other = otherFiles.find((kind) => start.startsWith(kind.start));
  if (other) {
    throw invalid(`The file looks like ${other.name}, not CSV; ${other.advice}.`);
  }
  if (start.startsWith('\xef\xbb\xbf')) {
    return { ...utf8(bytes.subarray(3)), encoding: 'UTF-8 with BOM' };
  }
  if (start.startsWith('\xff\xfe')) {
    return { ...utf16(bytes.subarray(2), true), encoding: 'UTF-16' };
  }
  if (start.startsWith('\xfe\xff')) {
    return { ...utf16(bytes.subarray(2), false), encoding: 'UTF-16' };
  }
  return { ...utf8(bytes), encoding: 'UTF-8' };
}

/** Reads bytes as Excel for Windows writes plain CSV in western Europe and America. */
export function decodeWindows(bytes: Uint8Array): Text {
  return { value: new TextDecoder('windows-1252').decode(bytes), brokenAt: -1, encoding: 'Windows-1252' };
}

function utf8(bytes: Uint8Array): Pick<Text, 'value' | 'brokenAt'> {
  try {
    return { value: strict().decode(bytes), brokenAt: -1 };
  } catch {
    const before = validStart(bytes);
    const from = new TextEncoder().encode(before).length + 1;
    const after = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(from));
    return { value: `${before}\ufffd${after}`, brokenAt: before.length };
  }
}

const strict = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text before the first bytes that are not UTF-8, found by halving. */
function validStart(bytes: Uint8Array): string {
  let start = '';
  let good = 0;
  for (let bad = bytes.length + 1; bad - good > 1; ) {
    const middle = (good + bad) >> 1;
    try {
      start = strict().decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  return start;
}

const halfPair = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function utf16(bytes: Uint8Array, littleEndian: boolean): Pick<Text, 'value' | 'brokenAt'> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: string[] = [];
  const pieceBytes = 1 << 14;
  for (let from = 0; from + 1 < bytes.length; from += pieceBytes) {
    const units: number[] = [];
    for (let at = from; at + 1 < Math.min(bytes.length, from + pieceBytes); at += 2) {
      units.push(view.getUint16(at, littleEndian));
    }
    pieces.push(String.fromCharCode(...units));
  }
  let value = pieces.join('');
  let brokenAt = value.search(halfPair);
  if (bytes.length % 2 === 1) {
    brokenAt = brokenAt < 0 ? value.length : brokenAt;
    value += '\ufffd';
  }
  return { value, brokenAt };
}
