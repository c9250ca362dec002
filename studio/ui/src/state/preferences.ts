import { createStore, type Store, useStore } from './store';

/** What the reader chose, kept in this browser. */
export type Preferences = {
  /** Empty follows the system. */
  theme: '' | 'light' | 'dark';
  /** IANA zone in which every time is shown; empty is the browser's own. */
  zone: string;
  /** Whether single keys do something. */
  shortcuts: boolean;
};

const DEFAULTS: Preferences = { theme: '', zone: '', shortcuts: true };

function read(name: string): string | null {
  try {
    return localStorage.getItem(`outdial.${name}`);
  } catch {
    return null; // storage may be forbidden
  }
}

function write(name: string, value: string) {
  try {
    if (value) localStorage.setItem(`outdial.${name}`, value);
    else localStorage.removeItem(`outdial.${name}`);
  } catch {
    // The choice then lasts until the page is closed.
  }
}

function known(zone: string | null): string {
  if (!zone) return '';
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return zone;
  } catch {
    return ''; // chosen in another browser's time
  }
}

function stored(): Preferences {
  const theme = read('theme');
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : DEFAULTS.theme,
    zone: known(read('zone')),
    shortcuts: read('shortcuts') !== 'off',
  };
}

export const preferences: Store<Preferences> = createStore(stored());

/** Changes some of the preferences and keeps them. */
export function prefer(change: Partial<Preferences>) {
  const next = { ...preferences.get(), ...change };
  write('theme', next.theme);
  write('zone', next.zone);
  write('shortcuts', next.shortcuts ? '' : 'off');
  if (next.theme) document.documentElement.dataset.theme = next.theme;
  else delete document.documentElement.dataset.theme;
  preferences.set(next);
}

export const usePreferences = () => useStore(preferences);

/** The zone of the browser's machine. */
export const browserZone = () => new Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

/** The zone in which every time is shown. */
export const useZone = () => usePreferences().zone || browserZone();
