import { settings as words } from '../messages/settings';

// The first that fits: others call themselves Chrome and Safari as well.
const BROWSERS: [RegExp, string][] = [
  [/Edg\w*\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrom(e|ium)\/|HeadlessChrome\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
  [/curl\//, 'curl'],
];

const SYSTEMS: [RegExp, string][] = [
  [/Windows/, 'Windows'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
];

const first = (names: [RegExp, string][], text: string) => names.find(([fits]) => fits.test(text))?.[1];

/** "Firefox on Windows" of what a browser calls itself. */
export function browserOf(userAgent: string): string {
  return words.browser(first(BROWSERS, userAgent) ?? words.unknownBrowser, first(SYSTEMS, userAgent) ?? '');
}
