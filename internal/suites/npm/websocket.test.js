// The client of graphql-ws, which is as strict as the protocol.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { Inbox, authorization, createJob, progress, rename, restart, socketEndpoint } from './client.js';

const connect = (options = {}) =>
  createClient({
    url: socketEndpoint, webSocketImpl: WebSocket, connectionParams: authorization, retryWait: async () => {}, ...options,
  });

// watch subscribes and collects what comes.
function watch(client, id, query = progress) {
  const inbox = new Inbox();
  const stop = client.subscribe(
    { query, variables: { id } },
    {
      next: (result) => inbox.put(result.data?.batchProgress ?? result),
      error: (error) => inbox.put({ error }),
      complete: () => inbox.put('complete'),
    },
  );
  return { inbox, stop };
}

let over; // a batch job that has ended
let open; // one that waits for its start

before(async () => {
  [over, open] = await Promise.all([createJob('Over'), createJob('Open', { later: true })]);
  const client = connect();
  const { inbox } = watch(client, over);
  while ((await inbox.next('the end of the batch job')) !== 'complete');
  await client.dispose();
});

test('an operation that fails or ends leaves the others of its socket alone, a hundred times', async () => {
  const round = async () => {
    const client = connect();
    const live = watch(client, open);
    const { version } = await live.inbox.next('the first state');
    const failed = watch(client, open, 'subscription { nope }');
    assert.match(JSON.stringify(await failed.inbox.next('the error')), /nope/);
    const unknown = watch(client, 'batch_unknown');
    assert.ok((await unknown.inbox.next('the error')).error);
    const ended = watch(client, over);
    assert.equal((await ended.inbox.next('the last state')).status, 'COMPLETED');
    assert.equal(await ended.inbox.next('the end'), 'complete');
    return { client, live, version };
  };
  for (let i = 0; i < 10; i++) {
    const rounds = await Promise.all(Array.from({ length: 10 }, round));
    await rename(open, `Open ${i}`);
    for (const { client, live, version } of rounds) {
      const news = await live.inbox.next('the change');
      assert.ok(news.version > version, `version ${news.version} after ${version}: ${JSON.stringify(news)}`);
      live.stop();
      assert.equal(await live.inbox.next('the end'), 'complete');
      await client.dispose();
    }
  }
});

test('queries and mutations run over the socket', async () => {
  const client = connect();
  const run = async (query, variables) => {
    for await (const result of client.iterate({ query, variables })) return result;
  };
  assert.equal((await run('{ __typename }')).data.__typename, 'Query');
  const answer = await run('mutation ($input: PauseBatchJobInput!) { pauseBatchJob(input: $input) { userErrors { code } } }', {
    input: { batchJobId: over },
  });
  assert.equal(answer.data.pauseBatchJob.userErrors[0].code, 'ACTION_NOT_ALLOWED');
  await client.dispose();
});

test('the server answers the pings that keep a connection alive', async () => {
  const heard = new Inbox();
  const client = connect({ keepAlive: 20, on: { pong: (received) => received && heard.put('pong') } });
  const { inbox, stop } = watch(client, open);
  await inbox.next('the first state');
  for (let i = 0; i < 3; i++) assert.equal(await heard.next('a pong'), 'pong');
  stop();
  await client.dispose();
});

test('a wrong key is told with 4403, which is not tried again', async () => {
  const closes = [];
  const client = connect({
    connectionParams: { Authorization: 'Bearer outdial_wrongwrongwrongwrong' },
    shouldRetry: (event) => event.code !== 4403,
    on: { closed: ({ code }) => closes.push(code) },
  });
  const { error } = await watch(client, open).inbox.next('the refusal');
  assert.equal(error.code, 4403);
  assert.deepEqual(closes, [4403]);
});

test('a silent client is told 4408', async () => {
  const client = connect({ connectionParams: () => new Promise(() => {}), retryAttempts: 0 });
  const { error } = await watch(client, open).inbox.next('the end of patience');
  assert.equal(error.code, 4408);
});

test('who is sent away by 1012 comes back to the newest state, and hears of what follows', async () => {
  const closes = new Inbox();
  const client = connect({ on: { closed: ({ code }) => closes.put(code) } });
  const { inbox, stop } = watch(client, open);
  const { version } = await inbox.next('the first state');
  await restart();
  assert.equal(await closes.next('the close'), 1012);
  const fresh = await inbox.next('the state after coming back');
  assert.ok(fresh.version >= version, JSON.stringify(fresh));
  await rename(open, 'Renamed after a restart');
  let news = await inbox.next('the change');
  while (news.batchJob.name !== 'Renamed after a restart') news = await inbox.next('the change');
  assert.ok(news.version > version);
  stop();
  await client.dispose();
});

test('breaches of the protocol are told with its codes', async (t) => {
  const init = { type: 'connection_init', payload: authorization };
  const subscribe = { id: '1', type: 'subscribe', payload: { query: progress, variables: { id: open } } };
  // Each says what is sent after the one before was answered.
  for (const [name, code, ...messages] of [
    ['what is no JSON', 4400, 'hello'],
    ['an unknown type', 4400, { type: 'start' }],
    ['an operation without a query', 4400, init, { id: '1', type: 'subscribe', payload: {} }],
    ['an operation before the acknowledgement', 4401, subscribe],
    ['a second operation with an id in use', 4409, init, subscribe, subscribe],
    ['a second initialisation', 4429, init, init],
    ['silence', 4408],
  ]) {
    await t.test(`${name}: ${code}`, async () => {
      const socket = new WebSocket(socketEndpoint, 'graphql-transport-ws');
      const got = await new Promise((resolve, reject) => {
        const say = () => {
          const message = messages.shift();
          if (message) socket.send(typeof message === 'string' ? message : JSON.stringify(message));
        };
        socket.on('open', say).on('message', say).on('close', resolve).on('error', reject);
      });
      assert.equal(got, code);
    });
  }
  await t.test('another subprotocol: 4406', async () => {
    const socket = new WebSocket(socketEndpoint, 'graphql-ws');
    socket.on('error', () => {}); // the client may find the handshake itself wanting
    const code = await new Promise((resolve) => socket.on('close', resolve));
    assert.ok([4406, 1006].includes(code), `closed with ${code}`);
  });
});
