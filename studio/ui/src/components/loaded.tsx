import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { useConnection } from '../api/connection';
import { common } from '../messages/shell';
import { FailureNotice } from './notice';

/** Grey lines where something is about to be; they appear after a moment only. */
export function Skeleton({ lines = 6 }: { lines?: number }) {
  return (
    <div className="skeleton" role="status" aria-label={common.loading}>
      {Array.from({ length: lines }, (_, line) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the lines are all alike
        <span key={line} />
      ))}
    </div>
  );
}

type Result<T> = { data?: T | undefined; error?: CombinedError | undefined; fetching: boolean };

type LoadedProps<T> = {
  result: Result<T>;
  again: () => void;
  lines?: number;
  children: (data: NonNullable<T>) => ReactNode;
};

/**
 * The result of a query: what was read, kept while it is read again; why it
 * could not be read; or grey lines until then. That the server is away is said
 * at the head of the page, and not once more above what was read.
 */
export function Loaded<T>({ result, again, lines, children }: LoadedProps<T>) {
  const { data, error } = result;
  const away = useConnection().state === 'lost' && error?.networkError;
  if (data === undefined || data === null) {
    return error ? <FailureNotice error={error} again={again} /> : <Skeleton lines={lines} />;
  }
  return (
    <>
      {error && !away && <FailureNotice error={error} again={again} />}
      {children(data)}
    </>
  );
}
