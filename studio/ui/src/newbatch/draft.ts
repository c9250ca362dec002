// The form is kept for as long as the tab is open. Contacts are not: neither
// their numbers nor the names of their columns are ever written to storage.
import { emptyForm, type Form } from './form';

const place = 'outdial.newbatch';

/** A form that was kept, and when. */
export type Draft = { form: Form; savedAt: number };

/** The kept form; null when there is none that can be read. */
export function readDraft(zone: string): Draft | null {
  try {
    const kept = JSON.parse(sessionStorage.getItem(place) ?? 'null') as Partial<Draft> | null;
    if (!kept?.form || typeof kept.savedAt !== 'number') return null;
    return { form: { ...emptyForm(zone), ...kept.form }, savedAt: kept.savedAt };
  } catch {
    return null; // storage may be forbidden, or hold another version's draft
  }
}

/** Keeps the form and returns when it did; null when the browser keeps nothing. */
export function keepDraft(form: Form): number | null {
  try {
    const savedAt = Date.now();
    sessionStorage.setItem(place, JSON.stringify({ form, savedAt }));
    return savedAt;
  } catch {
    return null;
  }
}

/** Forgets the form. */
export function forgetDraft(): void {
  try {
    sessionStorage.removeItem(place);
  } catch {
    // Nothing was kept then.
  }
}
