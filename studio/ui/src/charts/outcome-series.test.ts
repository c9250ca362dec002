import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bySeries, endedBySeries } from './outcome-series';

test('who was cancelled is not counted a second time', () => {
  const counted = [
    { outcome: 'COMPLETED', count: 2 },
    { outcome: 'CANCELLED', count: 3 },
  ] as const;
  assert.deepEqual(bySeries(counted), [2, 0, 0, 0, 0, 3]);
  assert.deepEqual(endedBySeries(counted), [2, 0, 0, 0, 0, 0]);
});
