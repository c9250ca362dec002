import { Client, cacheExchange, fetchExchange, mapExchange, subscriptionExchange } from 'urql';
import { socketClient } from './connection';
import { expireSession } from './session';

const refused = (codes: (unknown | undefined)[]) => codes.includes('UNAUTHENTICATED');

/**
 * Makes the GraphQL client of one session, which remembers nothing of another's. Queries are answered from memory first and then
 * from the server; a mutation has everything read again that it touched.
 */
export const makeClient = () =>
  new Client({
    url: '/graphql',
    preferGetMethod: false,
    // The server takes files only from requests that no other site can send.
    fetchOptions: { headers: { 'graphql-require-preflight': '1' } },
    requestPolicy: 'cache-and-network',
    exchanges: [
      mapExchange({
        onError(error) {
          if (
            error.response?.status === 401 ||
            refused(error.graphQLErrors.map(({ extensions }) => extensions.code))
          )
            expireSession();
        },
      }),
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({
            unsubscribe: socketClient.subscribe(
              { query, variables: variables as Record<string, unknown> },
              {
                next: (value) => sink.next(value as Parameters<typeof sink.next>[0]),
                error: (error) => sink.error(error),
                complete: () => sink.complete(),
              },
            ),
          }),
        }),
      }),
    ],
  });
