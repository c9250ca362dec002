import { useCallback, useRef } from 'react';
import { type AnyVariables, type UseQueryArgs, type UseQueryResponse, useClient, useQuery } from 'urql';
import { useRefreshAfterReconnect } from './connection';

/**
 * useQuery that asks again after the connection was lost. What is shown stays
 * meanwhile, also when the server cannot be reached for the next answer.
 */
export function useLiveQuery<Data, Variables extends AnyVariables>(
  args: UseQueryArgs<Variables, Data>,
): UseQueryResponse<Data, Variables> {
  const client = useClient();
  const [result, ask] = useQuery<Data, Variables>(args);
  const refresh = useCallback(() => {
    if (!args.pause) ask({ requestPolicy: 'network-only' });
  }, [ask, args.pause]);
  useRefreshAfterReconnect(refresh);
  // Of this session's client and these variables only.
  const key = JSON.stringify(args.variables);
  const kept = useRef<{ client: unknown; key: string; data: Data } | null>(null);
  if (result.data) kept.current = { client, key, data: result.data };
  const last = kept.current?.client === client && kept.current.key === key ? kept.current.data : undefined;
  const lost = !result.data && (result.fetching || result.error?.networkError);
  return [lost ? { ...result, data: last } : result, ask];
}
