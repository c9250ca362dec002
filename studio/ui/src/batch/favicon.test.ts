import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ring } from './favicon';

test('a ring closes with the percent', () => {
  const dash = (percent: number) =>
    Number(/dasharray="([\d.]+)/.exec(decodeURIComponent(ring(percent)))?.[1]);
  assert.equal(dash(0), 0);
  assert.equal(Math.round(dash(50) * 2), Math.round(dash(100)));
});
