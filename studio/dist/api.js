// Queries and mutations over HTTP.

const ENDPOINT = new URL('graphql', document.baseURI);

// Refused is thrown when the server does not accept the key.
export class Refused extends Error {}

// request runs an operation and returns its data. It throws Refused, or an
// Error with a sentence for the reader.
export async function request(key, query, variables = {}) {
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    headers: {
      Accept: 'application/graphql-response+json, application/json;q=0.9',
      Authorization: `Bearer ${key}`,
      'Content-Type': 'application/json',
    },
    body: JSON.stringify({ query, variables }),
  }).catch(() => {
    throw new Error('The server cannot be reached.');
  });
  const { data, errors } = await response.json().catch(() => ({}));
  const [error] = errors ?? [];
  if (response.status === 401 || error?.extensions?.code === 'UNAUTHENTICATED') {
    throw new Refused(error?.message ?? 'The server does not know this key.');
  }
  if (error || !data) {
    throw new Error(error?.message ?? `The server answered ${response.status} ${response.statusText}.`);
  }
  return data;
}
