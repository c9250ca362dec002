import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finished } from './batch-row';

const contacts = { pending: 0, dialing: 0, completed: 1_400, failed: 99, cancelled: 1 };

test('everybody of a batch that is completed is finished, also whose call was hung up', () => {
  assert.equal(finished({ status: 'COMPLETED', contacts }), 1_500);
});

test('who was cancelled with a batch is not finished', () => {
  for (const status of ['RUNNING', 'CANCELLING', 'CANCELLED'] as const) {
    assert.equal(finished({ status, contacts }), 1_499);
  }
});
