import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contactsWords } from './batch';

test('a try that is due is made now, or when the batch is resumed', () => {
  assert.equal(contactsWords.nextIn(0, false), 'now');
  assert.equal(contactsWords.nextIn(-60, true), 'when resumed');
  assert.equal(contactsWords.nextIn(120, true), contactsWords.nextIn(120, false));
});
