import { trim } from './words';

const leastDigits = 7;
const mostDigits = 15;
const e164 = /^\+[1-9][0-9]{6,14}$/;

/** The number in E.164 format that is written in text, or null. Nothing but outer white space is repaired. */
export function parseNumber(text: string): string | null {
  const number = trim(text);
  return e164.test(number) ? number : null;
}

/** A guess at the number that was meant, and by what it was found. */
export interface Guess {
  /** A valid number; empty when any guess would be invented. */
  number: string;
  /** The digits that the text holds, without what a spreadsheet or a person put around them. */
  digits: string;
  plus: boolean;
  /** A spreadsheet wrote the number as 1.2E+10. */
  scientific: boolean;
  /** A program wrote the number as 12025550101.0. */
  decimal: boolean;
  /** There is nothing but one formatted number. */
  readable: boolean;
}

/** Guesses which number was meant by text that parseNumber refuses, by the server's rules. */
export function guess(text: string): Guess {
  let rest = bare(text).replace(/^tel:/, '');
  const scientific = expandScientific(rest);
  const [whole = '', fraction = ''] = cutOnce(rest, '.');
  const decimal =
    scientific === null && rest.includes('.') && /^0*$/.test(fraction) && utf8Length(whole) >= leastDigits;
  if (scientific !== null) {
    rest = scientific;
  } else if (decimal) {
    rest = whole;
  }
  const { digits, plus, readable } = dialedDigits(rest);
  const found = { digits, plus, readable, scientific: scientific !== null, decimal, number: '' };
  const full = plus ? digits : internationalize(digits);
  if (!readable || !e164.test(`+${full}`) || (full[0] === '1' && !northAmerican(full.slice(1)))) {
    return found;
  }
  return { ...found, number: `+${full}` };
}

/** Says in one sentence why text is not a number in E.164 format and what to do; empty when it is one. */
export function explainNumber(text: string): string {
  if (parseNumber(text) !== null) {
    return '';
  }
  const rest = bare(text);
  if (rest === '') {
    return 'The phone number is missing.';
  }
  if (expandScientific(rest) === '') {
    return 'A spreadsheet rounded the number and its last digits are lost; format the column as text, enter the number again and export the file.';
  }
  const { digits, plus, readable } = dialedDigits(rest);
  const range = `${leastDigits} to ${mostDigits} digits follow the +.`;
  if (!readable) {
    return 'The phone number holds characters that are neither digits nor formatting; write one number as +12025550101.';
  }
  if (!plus) {
    return 'The phone number has no + and country code; write it as +12025550101.';
  }
  if (digits === '' || digits[0] === '0') {
    return 'No country code begins with 0; write the number as +12025550101.';
  }
  if (digits.length < leastDigits) {
    return `The phone number is too short: ${range}`;
  }
  if (digits.length > mostDigits) {
    return `The phone number is too long: ${range}`;
  }
  return 'The phone number holds formatting characters; write it as +12025550101.';
}

const around =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\p{Cf}'"`’‘“”]+|[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\p{Cf}'"`’‘“”]+$/gu;

/** Removes what spreadsheets and programs put around a number. */
export function bare(text: string): string {
  return text.replace(around, '');
}

const formatting =
  /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\p{Cf}\p{Pd}.()[\]/−·]$/u;
const decimalDigit = /^\p{Nd}$/u;

/** The ASCII digit of a decimal digit in any script, or nothing. Every script's ten digits stand together and in order. */
function digitValue(letter: string): string {
  if (letter >= '0' && letter <= '9') {
    return letter;
  }
  if (letter.charCodeAt(0) < 0x80 || !decimalDigit.test(letter)) {
    return '';
  }
  const code = letter.codePointAt(0) ?? 0;
  let first = code;
  while (decimalDigit.test(String.fromCodePoint(first - 1))) {
    first--;
  }
  return String((code - first) % 10);
}

interface Dialed {
  digits: string;
  plus: boolean;
  readable: boolean;
}

const unreadable: Dialed = { digits: '', plus: false, readable: false };

/** The digits of text as ASCII, whether a plus sign leads them, and whether there is nothing else but formatting. */
function dialedDigits(text: string): Dialed {
  let digits = '';
  let plus = false;
  let at = 0; // in bytes of UTF-8, as the server counts
  for (const letter of text.replace('(0)', '')) {
    const digit = digitValue(letter);
    if (digit !== '') {
      digits = digits.length <= 2 * mostDigits ? digits + digit : digits;
    } else if (letter === '+' || letter === '＋') {
      if (plus || digits !== '' || at > 1) {
        return unreadable;
      }
      plus = true;
    } else if (!formatting.test(letter)) {
      return unreadable;
    }
    at += utf8Length(letter);
  }
  // Italian numbers keep the zero that others write as (0).
  const italian = digits.replace(/^0+/, '').startsWith('39');
  if (text.includes('(0)') && ((!plus && !digits.startsWith('00')) || italian)) {
    return unreadable;
  }
  return { digits, plus, readable: true };
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function cutOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + mark.length)];
}

/** Writes out a number such as 1.2025550101E+10: empty when digits are lost, null when it is no such number. */
function expandScientific(text: string): string | null {
  const [mantissa, exponent] = cutOnce(text.toUpperCase(), 'E');
  if (!/^\+?[+-]?[0-9]+$/.test(exponent)) {
    return null;
  }
  const places = Number.parseInt(exponent.replace(/^\+/, ''), 10);
  const [whole, fraction] = cutOnce(mantissa.replace(',', '.'), '.');
  if (
    Number.isNaN(places) ||
    !Number.isSafeInteger(places) ||
    whole.length !== 1 ||
    !/^[0-9]*$/.test(whole + fraction)
  ) {
    return null;
  }
  if (fraction.length < places || /[^0]/.test(fraction.slice(Math.max(places, 0)))) {
    return '';
  }
  return whole + fraction.slice(0, Math.max(places, 0));
}

/** Adds or replaces what stands before a country code; empty when the country cannot be known. */
function internationalize(digits: string): string {
  if (digits.startsWith('00')) {
    return digits.slice(2);
  }
  if (digits.startsWith('011')) {
    return digits.slice(3); // dialed from North America
  }
  if (digits.startsWith('0')) {
    return '';
  }
  if (northAmerican(digits)) {
    return `1${digits}`;
  }
  return digits.length > 10 ? digits : '';
}

/** Whether the digits are an area code and a number of the North American Numbering Plan. */
export function northAmerican(digits: string): boolean {
  return /^[2-9][0-9]{2}[2-9][0-9]{6}$/.test(digits);
}
