// What is in the address bar is state: filters, order and search are kept there,
// so that a reload, a bookmark and the back button know them.
import { useCallback } from 'react';
import { useSearchParams } from 'wouter';

/**
 * One parameter of the address. Setting it to '' removes it. The page's history
 * does not grow with it.
 */
export function useParameter(name: string): [string, (value: string) => void] {
  const [parameters, set] = useSearchParams();
  const change = useCallback(
    (value: string) => {
      set(
        () => {
          const after = new URLSearchParams(location.search); // also what was set a moment ago
          if (value) after.set(name, value);
          else after.delete(name);
          return after;
        },
        { replace: true },
      );
    },
    [name, set],
  );
  return [parameters.get(name) ?? '', change];
}

/** A parameter that is one of a set of words; anything else reads as ''. */
export function useChoice<T extends string>(
  name: string,
  words: readonly T[],
): [T | '', (value: T | '') => void] {
  const [value, set] = useParameter(name);
  return [words.find((word) => word === value) ?? '', set];
}
