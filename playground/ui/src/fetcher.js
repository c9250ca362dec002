// How the playground talks to the server: POST for queries and mutations,
// multipart when files are attached, a WebSocket for subscriptions.

import { parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { attachable, multipartBody } from './multipart.js';

const ENDPOINT = new URL('../graphql', document.baseURI);

// createFetcher returns the function that GraphiQL calls for each operation.
// `attachments` returns the files of the moment, `organization` resolves to whose
// session the browser has. `onSchema` hears how reading the
// schema with this key went: '' or what the server said against it. Headers typed
// into GraphiQL win over the key; without either the browser's session counts.
export function createFetcher({ key, organization, attachments, onSchema }) {
  const authorization = key ? { Authorization: `Bearer ${key}` } : {};
  return async (params, options) => {
    const headers = { ...authorization, ...options?.headers };
    const { kind, operationName } = chosen(params);
    const request = { ...params, operationName };
    if (kind === 'subscription') return subscription(request, headers);
    if (request.operationName !== 'IntrospectionQuery') {
      return post(request, headers, attachable(attachments(), request.variables));
    }
    if (Object.keys(headers).length === 0 && !(await organization())) {
      throw new Error('Enter an API key, or sign in to the dashboard, to read the schema.');
    }
    const result = await post(request, headers, []);
    onSchema(result.data ? '' : result.errors?.[0]?.message ?? 'The server sent no schema.');
    return result;
  };
}

// post sends one request, with files or without, and returns the answer.
export async function post(request, headers, files) {
  const init = files.length > 0
    ? { body: multipartBody(request, files), headers: { 'GraphQL-Require-Preflight': '1' } }
    : { body: JSON.stringify(request), headers: { 'Content-Type': 'application/json' } };
  const accept = { Accept: 'application/graphql-response+json, application/json;q=0.9' };
  const response = await fetch(ENDPOINT, {
    method: 'POST',
    body: init.body,
    headers: { ...accept, ...init.headers, ...headers },
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${response.status} ${response.statusText}: ${text.slice(0, 500)}`);
  }
}

// subscription opens a socket of its own, so that each run uses the key and
// headers of that moment, and returns the observable that GraphiQL expects.
function subscription(request, headers) {
  return {
    subscribe(sink) {
      const url = new URL(ENDPOINT);
      url.protocol = url.protocol.replace('http', 'ws');
      const client = createClient({ url: url.href, connectionParams: headers, retryAttempts: 10 });
      const unsubscribe = client.subscribe(request, {
        next: (result) => sink.next(result),
        error: (reason) => sink.error(readable(reason)),
        complete: () => sink.complete(),
      });
      return { unsubscribe };
    },
  };
}

function readable(reason) {
  if (!(reason instanceof CloseEvent)) return reason;
  return new Error(`The connection was closed: ${reason.code} ${reason.reason}`.trim());
}

// chosen returns kind and name of the operation that a request is for. GraphiQL
// reads the names in a text a moment after showing it, so the one it sends may
// still be that of the tab before: where the text has no such operation, its
// first is meant. What is wrong with a text that cannot be read, the server says.
function chosen({ query, operationName }) {
  try {
    const operations = parse(query).definitions.filter(({ kind }) => kind === 'OperationDefinition');
    const found = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
    return { kind: found.operation, operationName: found.name?.value };
  } catch {
    return { operationName };
  }
}
