import { bare, explainNumber, guess, northAmerican, parseNumber } from './number';
import { trim } from './words';

/** The ways in which a number can be repaired, in the order they are offered. */
export const repairKinds = [
  'plus',
  'formatting',
  'apostrophe',
  'zeros',
  'scientific',
  'decimal',
  'country',
] as const;

/** One way to repair a number. */
export type RepairKind = (typeof repairKinds)[number];

/** A number that may be meant, and what has to be done to the text for it. */
export interface Repair {
  kind: RepairKind;
  /** The repaired number; empty when the country must be said first. */
  number: string;
}

/** Proposes how to repair text that is not a number, or null when any repair would be invented. */
export function proposeRepair(text: string, country: string): Repair | null {
  const found = guess(text);
  if (isNational(text, country)) {
    return { kind: 'country', number: withCountry(found.digits, country) };
  }
  if (found.number === '') {
    return null;
  }
  return { kind: kindOf(text), number: found.number };
}

/** Whether a number lacks its country code, which nobody can read off it. */
function isNational(text: string, country: string): boolean {
  const { digits, plus, readable } = guess(text);
  if (!readable || plus || digits.startsWith('00') || digits.startsWith('011')) {
    return false;
  }
  const possible =
    country === '' ? digits.length >= 6 && digits.length <= 11 : withCountry(digits, country) !== '';
  return possible && (digits.length <= 10 || digits.startsWith('0') || dialedWithEight(digits, country));
}

function kindOf(text: string): RepairKind {
  const found = guess(text);
  if (found.scientific) {
    return 'scientific';
  }
  if (found.decimal) {
    return 'decimal';
  }
  if (!found.plus) {
    return found.digits.startsWith('0') ? 'zeros' : 'plus';
  }
  return parseNumber(bare(text)) === found.number ? 'apostrophe' : 'formatting';
}

/** A national number with its country code; empty when it cannot be one of that country. */
export function withCountry(national: string, country: string): string {
  if (country === '1') {
    return northAmerican(national) ? `+1${national}` : '';
  }
  let digits = national;
  if (digits.startsWith('0') && !keepsZero.includes(country)) {
    digits = digits.slice(1); // dialed within the country only
  } else if (dialedWithEight(digits, country)) {
    digits = digits.slice(1);
  }
  const leastNational = 6;
  const number = `+${country}${digits}`;
  return country !== '' && digits.length >= leastNational && parseNumber(number) !== null ? number : '';
}

/** Whether a number is written as it is dialed within Russia and Kazakhstan. */
function dialedWithEight(digits: string, country: string): boolean {
  return country === '7' && digits.length === 11 && digits.startsWith('8');
}

/** Countries whose numbers begin with a zero also when called from abroad. */
const keepsZero = ['39', '378'];

const twoDigitCodes =
  '20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98';

/** The country code that a number begins with (E.164 assigns one to three digits, none of which begins another). */
export function countryCode(number: string): string {
  const digits = number.slice(1);
  if (digits.startsWith('1') || digits.startsWith('7')) {
    return digits.slice(0, 1);
  }
  return twoDigitCodes.split(' ').includes(digits.slice(0, 2)) ? digits.slice(0, 2) : digits.slice(0, 3);
}

/** What a person reads of a number that cannot be repaired. */
export function reasonOf(text: string): string {
  return trim(text) === '' ? 'The row has no phone number.' : explainNumber(text);
}
