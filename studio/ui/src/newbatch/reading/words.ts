/** What text is, as the server's language defines it, where JavaScript differs. */

const outerSpace =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;

/** Removes white space around text. Unlike String.trim it takes U+0085 for white space and leaves a byte order mark. */
export function trim(text: string): string {
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  const plain = first > 0x20 && first < 0x85 && last > 0x20 && last < 0x85;
  return plain || text === '' ? text : text.replace(outerSpace, '');
}

/** Whether there is nothing in a cell but white space. */
export function blank(cell: string): boolean {
  return cell === '' || trim(cell) === '';
}

/** Writes text in lower case letter by letter, so that no letter depends on its neighbours. */
export function lower(text: string): string {
  return Array.from(text, (letter) => (letter === '\u0130' ? 'i' : letter.toLowerCase())).join('');
}

/** The first characters of text, with an ellipsis in place of the rest. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) {
    return text;
  }
  const letters = Array.from(text);
  return letters.length <= limit ? text : `${letters.slice(0, limit).join('')}…`;
}

/** How many characters text has; an emoji is one. */
export function length(text: string): number {
  let count = 0;
  for (const _ of text) {
    count++;
  }
  return count;
}

/** "1 row", "2 rows". */
export function plural(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;
const escapes = new Map([
  ['\x07', '\\a'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
  ['\v', '\\v'],
]);

/** Writes a column's name between quotes as the server's messages do, cut after 60 characters. */
export function quoted(name: string): string {
  const quote = name.includes("'") && !name.includes('"') ? '"' : "'";
  let written = '';
  for (const letter of shorten(name, 60)) {
    if (letter === quote || letter === '\\') {
      written += `\\${letter}`;
    } else {
      written += printable.test(letter) ? letter : escaped(letter);
    }
  }
  return quote + written + quote;
}

function escaped(letter: string): string {
  const short = escapes.get(letter);
  if (short !== undefined) {
    return short;
  }
  const code = letter.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x20 || code === 0x7f) {
    return `\\x${hex.padStart(2, '0')}`;
  }
  return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
