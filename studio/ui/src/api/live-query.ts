import { useCallback } from 'react';
import { type AnyVariables, type UseQueryArgs, type UseQueryResponse, useQuery } from 'urql';
import { useRefreshAfterReconnect } from './connection';

/** useQuery that asks again after the connection was lost. What is shown stays meanwhile. */
export function useLiveQuery<Data, Variables extends AnyVariables>(
  args: UseQueryArgs<Variables, Data>,
): UseQueryResponse<Data, Variables> {
  const [result, ask] = useQuery<Data, Variables>(args);
  const refresh = useCallback(() => {
    if (!args.pause) ask({ requestPolicy: 'network-only' });
  }, [ask, args.pause]);
  useRefreshAfterReconnect(refresh);
  return [result, ask];
}
