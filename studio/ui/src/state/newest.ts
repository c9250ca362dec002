import { useState } from 'react';

/** Of what was read and what was heard since, whichever came last; null before either. */
export function useNewest<T extends object>(read: T | undefined, heard: T | null): T | null {
  const [known, setKnown] = useState({ read, heard, value: heard ?? read ?? null });
  if (known.read === read && known.heard === heard) return known.value;
  const value = known.read !== read && read ? read : (heard ?? known.value);
  setKnown({ read, heard, value });
  return value;
}
