// A long list, read page by page as far as somebody has scrolled, and kept in
// the order it was read in.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { type TypedDocumentNode, useClient } from 'urql';
import { Failure } from './failure';

export type Page<Row> = {
  nodes: Row[];
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  /** How many there are in all. */
  totalCount: number;
};

type Read<Row> = {
  rows: Row[];
  total: number | null;
  cursor: string | null;
  done: boolean;
};

const nothing = { rows: [], total: null, cursor: null, done: false };

type PagedRowsArgs<Data, Variables, Row> = {
  query: TypedDocumentNode<Data, Variables & { after?: string | null }>;
  /** Everything but "after"; a change of it begins the list anew. */
  variables: Variables;
  pick: (data: Data) => Page<Row> | null | undefined;
};

export type PagedRows<Row> = {
  rows: Row[];
  /** null until the first page is there. */
  total: number | null;
  fetching: boolean;
  error: Failure | null;
  /** Reads on until there is a row at the index. */
  need: (index: number) => void;
  /** Puts newer versions in the places of rows, by their ids. */
  patch: (rows: Row[]) => void;
  /** Reads everything anew; what is shown stays until then. */
  reload: () => void;
};

/** See the beginning of the file. pick must not change between renders. */
export function usePagedRows<Data, Variables extends object, Row extends { id: string }>({
  query,
  variables,
  pick,
}: PagedRowsArgs<Data, Variables, Row>): PagedRows<Row> {
  const client = useClient();
  const key = JSON.stringify(variables);
  const [read, setRead] = useState<Read<Row>>(nothing);
  const [error, setError] = useState<Failure | null>(null);
  const [fetching, setFetching] = useState(true);
  const [wanted, setWanted] = useState(0);
  const generation = useRef(0);

  const fetchPage = useCallback(
    async (before: Read<Row>) => {
      generation.current += 1;
      const mine = generation.current;
      setFetching(true);
      const asked = { ...(JSON.parse(key) as Variables), after: before.cursor };
      const result = await client.query(query, asked, { requestPolicy: 'network-only' }).toPromise();
      if (mine !== generation.current) return; // the list is another one by now
      setFetching(false);
      const page = result.data ? pick(result.data) : null;
      if (!page) {
        setError(result.error ? Failure.ofOperation(result.error) : null);
        if (!result.error) setRead({ ...nothing, total: 0, done: true });
        return;
      }
      setError(null);
      setRead({
        rows: [...before.rows, ...page.nodes],
        total: page.totalCount,
        cursor: page.pageInfo.endCursor ?? null,
        done: !page.pageInfo.hasNextPage,
      });
    },
    [client, query, key, pick],
  );

  const reload = useCallback(() => {
    fetchPage(nothing);
  }, [fetchPage]);

  useEffect(() => {
    setWanted(0);
    reload();
    return () => {
      generation.current += 1;
    };
  }, [reload]);

  useEffect(() => {
    if (!fetching && !error && !read.done && wanted >= read.rows.length && read.total !== null)
      fetchPage(read);
  }, [fetching, error, read, wanted, fetchPage]);

  const patch = useCallback((newer: Row[]) => {
    const byId = new Map(newer.map((row) => [row.id, row]));
    setRead((before) => ({ ...before, rows: before.rows.map((row) => byId.get(row.id) ?? row) }));
  }, []);

  const need = useCallback((index: number) => setWanted((before) => Math.max(before, index)), []);
  const { rows, total } = read;
  return useMemo(
    () => ({ rows, total, fetching, error, need, patch, reload }),
    [rows, total, fetching, error, need, patch, reload],
  );
}
