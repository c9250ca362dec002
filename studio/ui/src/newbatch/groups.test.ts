import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alike, examples, group } from './groups';
import { asItIs, type Choices, check } from './reading/check';
import { finish } from './reading/slices';
import { readTable } from './reading/table';
import { decode } from './reading/text';

const file =
  'phone,name\n12025550101,a\n12025550102,b\n(202) 555-0103,c\n202-555-0104,c2\n2025550105,c3\nn/a,d\nnone,e\n,f\n+12025550109,g\n+12025550110,g,x\n';
const table = finish(readTable(decode(new TextEncoder().encode(file))));
const grouped = (choices: Partial<Choices>) => group(finish(check(table, { ...asItIs, ...choices })));

test('rows are grouped by what mends them', () => {
  const { mendable, lost } = grouped({ country: '1' });
  assert.deepEqual(
    mendable.map(({ kind, rows, done }) => [kind, rows.length, done]),
    [
      ['country', 3, 0],
      ['plus', 2, 0],
    ],
  );
  assert.deepEqual(
    lost.map(({ rows }) => rows.map(({ row }) => row)),
    [[6, 7], [8], [10]],
  );
});

test('what was mended stays in sight', () => {
  const { mendable } = grouped({ country: '1', repairs: ['plus'] });
  assert.deepEqual(
    mendable.map(({ kind, rows, done }) => [kind, rows.length, done]),
    [
      ['country', 3, 0],
      ['plus', 0, 2],
    ],
  );
});

test('examples look different', () => {
  const country = grouped({ country: '1' }).mendable[0];
  assert.deepEqual(
    examples(country?.rows ?? []).map(({ phone }) => phone),
    ['(202) 555-0103', '202-555-0104', '2025550105'],
  );
  const plus = grouped({ country: '1' }).mendable[1];
  assert.equal(examples(plus?.rows ?? []).length, 1);
});

test('columns that are probably meant', () => {
  assert.equal(alike('customerName', ['phone', 'Customer Name']), 1);
  assert.equal(alike('renewal_date', ['Renewal-Date']), 0);
  assert.equal(alike('plan', ['planet']), -1);
  assert.equal(alike('--', ['']), -1);
});
