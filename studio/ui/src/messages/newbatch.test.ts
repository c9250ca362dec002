import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newBatch, numbersOf, repairs } from './newbatch';

test('what a repair is for is said alike of one number and of many', () => {
  for (const { found } of Object.values(repairs)) {
    for (const numbers of [numbersOf(1), numbersOf(2)]) {
      assert.match(found(numbers), /^\d numbers? (with|without|behind|written|lost) /);
    }
  }
});

test('rows are put back one by one or many at once', () => {
  assert.equal(newBatch.putBack('a.csv', 1), 'a.csv: 1 row was put back in place.');
  assert.equal(newBatch.putBack('a.csv', 2), 'a.csv: 2 rows were put back in place.');
});
