// The client of graphql-sse, in the mode of distinct connections.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';
import { Inbox, authorization, createJob, endpoint, progress, rename, restart } from './client.js';

const connect = () => createClient({ url: endpoint, headers: authorization, singleConnection: false, retry: async () => {} });

function watch(client, request) {
  const inbox = new Inbox();
  const stop = client.subscribe(request, {
    next: (result) => inbox.put(result),
    error: (error) => inbox.put({ error }),
    complete: () => inbox.put('complete'),
  });
  return { inbox, stop };
}

test('a subscription brings every state of a batch job up to its end', async () => {
  const client = connect();
  const { inbox } = watch(client, { query: progress, variables: { id: await createJob('Watched by events') } });
  let last;
  for (;;) {
    const result = await inbox.next('a state');
    if (result === 'complete') break;
    const { version, status } = result.data.batchProgress;
    assert.ok(!last || version > last.version);
    last = { version, status };
  }
  assert.equal(last.status, 'COMPLETED');
  client.dispose();
});

test('a query is one event', async () => {
  const client = connect();
  const { inbox } = watch(client, { query: '{ __typename }' });
  assert.deepEqual(await inbox.next('the answer'), { data: { __typename: 'Query' } });
  assert.equal(await inbox.next('the end'), 'complete');
  client.dispose();
});

test('an operation that is not valid, or finds nothing, is told why', async () => {
  const client = connect();
  for (const request of [{ query: 'subscription { nope }' }, { query: progress, variables: { id: 'batch_unknown' } }]) {
    const { inbox } = watch(client, request);
    const result = await inbox.next('the error');
    assert.ok(result.errors?.length > 0 || result.error, JSON.stringify(result));
  }
  client.dispose();
});

test('who is sent away comes back to the newest state', async () => {
  const client = connect();
  const id = await createJob('Watched over a restart', { later: true });
  const { inbox, stop } = watch(client, { query: progress, variables: { id } });
  const { version } = (await inbox.next('the first state')).data.batchProgress;
  await restart();
  const fresh = (await inbox.next('the state after coming back')).data.batchProgress;
  assert.ok(fresh.version >= version);
  await rename(id, 'Renamed');
  let news = (await inbox.next('the change')).data.batchProgress;
  while (news.batchJob.name !== 'Renamed') news = (await inbox.next('the change')).data.batchProgress;
  stop();
  client.dispose();
});
