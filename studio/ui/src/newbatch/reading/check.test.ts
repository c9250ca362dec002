import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asItIs, type Checked, type Choices, changes, check, guessUses, type Use } from './check';
import { finish, finishInPieces } from './slices';
import { readTable, type Table, withoutHeader } from './table';
import { decode } from './text';
import { findVariables, ValueReader } from './values';

function tableOf(text: string): Table {
  return finish(readTable(decode(new TextEncoder().encode(text))));
}

function checked(table: Table, choices: Partial<Choices>): Checked {
  return finish(check(table, { ...asItIs, ...choices }));
}

const mixed = tableOf(
  'phone,name\n12025550101,Excel\n(202) 555-0102,Brackets\n+12025550103,Fine\n2025550101,Again\nn/a,Nobody\n,Empty\n',
);

test('nothing is repaired unless it is asked for', () => {
  const { contacts, rejections, repaired } = checked(mixed, { country: '1' });
  assert.deepEqual(
    contacts.map(({ row }) => row),
    [3],
  );
  assert.deepEqual(
    rejections.map(({ repair }) => repair?.kind ?? null),
    ['plus', 'country', 'country', null, null],
  );
  assert.deepEqual(repaired, {});
});

test('each repair repairs its own kind and no other', () => {
  const { contacts, rejections, repaired } = checked(mixed, { country: '1', repairs: ['plus'] });
  assert.deepEqual(
    contacts.map(({ phone }) => phone),
    ['+12025550101', '+12025550103'],
  );
  assert.deepEqual(
    rejections.map(({ row }) => row),
    [2, 4, 5, 6],
  );
  assert.deepEqual(repaired, { plus: 1 });
});

test('repaired numbers can turn out to be duplicates', () => {
  const { contacts, duplicates, rejections, rows, blank } = checked(mixed, {
    country: '1',
    repairs: ['plus', 'country'],
  });
  assert.deepEqual(duplicates, [{ row: 4, firstRow: 1, phone: '+12025550101' }]);
  assert.equal(contacts.length + duplicates.length + rejections.length + blank, rows);
});

test('a country that nobody has said repairs nothing', () => {
  const { contacts } = checked(mixed, { repairs: ['country'] });
  assert.deepEqual(
    contacts.map(({ row }) => row),
    [3],
  );
});

test('a number mended by hand counts, and is checked', () => {
  const { contacts, rejections } = checked(mixed, { mended: { 5: '+12025550105', 6: 'x' } });
  assert.deepEqual(
    contacts.map(({ row }) => row),
    [3, 5],
  );
  assert.equal(rejections.at(-1)?.phone, 'x');
});

test('the last of several is called in the place of the first', () => {
  const table = tableOf(
    'phone,name\n+12025550101,old\n+12025550102,b\n+12025550101,newer\n+12025550101,new\n',
  );
  const { contacts, duplicates, rows } = checked(table, { keep: 'last' });
  assert.deepEqual(
    contacts.map(({ row, name }) => [row, name]),
    [
      [4, 'new'],
      [2, 'b'],
    ],
  );
  assert.deepEqual(
    duplicates.map(({ row }) => row),
    [3, 1],
  );
  assert.equal(rows, 4);
});

test('other columns can be used as phone and name, and columns be left out', () => {
  const table = tableOf('Name,Mobile,Full name,phone\nx,+12025550101,John,bad\n');
  const uses: Use[] = [{ as: 'nothing' }, { as: 'phone' }, { as: 'name' }, { as: 'field', field: 'old' }];
  const { contacts, fields, fault } = checked(table, { uses });
  assert.equal(fault, null);
  assert.deepEqual(contacts, [{ row: 1, phone: '+12025550101', name: 'John' }]);
  assert.deepEqual(fields, ['old']);
});

test('two columns of one name are refused until one is left out', () => {
  const table = tableOf('phone,plan,Plan\n+12025550101,a,b\n');
  assert.equal(checked(table, {}).fault?.code, 'invalid_csv');
  const uses: Use[] = [{ as: 'phone' }, { as: 'nothing' }, { as: 'field', field: 'Plan' }];
  assert.equal(checked(table, { uses }).fault, null);
});

test('a file without a header is read from its first row', () => {
  const table = withoutHeader(tableOf('John,+12025550101\nJane,+12025550102\n'));
  const uses: Use[] = [{ as: 'name' }, { as: 'phone' }];
  assert.deepEqual(
    checked(table, { uses }).contacts.map(({ name }) => name),
    ['John', 'Jane'],
  );
});

test('rows beyond the limit are refused, or left for another batch', () => {
  const row = (i: number) => `+1202${String(5_000_000 + i)}\n`;
  const table = tableOf(`phone\n${Array.from({ length: 10_050 }, (_, i) => row(i)).join('\n')}\n`);
  const refused = checked(table, {});
  assert.equal(refused.fault?.code, 'too_many_contacts');
  assert.equal(refused.rows, table.rows.length);
  const { contacts, blank, rows, left, fault } = checked(table, { cut: true });
  assert.equal(fault, null);
  assert.equal(contacts.length, 10_000);
  assert.equal(left, 50);
  assert.equal(contacts.length + blank, rows);
});

test('only what makes another file counts as a change', () => {
  assert.equal(changes(asItIs), false);
  assert.equal(changes({ ...asItIs, country: '44' }), false);
  for (const some of [
    { repairs: ['plus'] },
    { keep: 'last' },
    { cut: true },
    { mended: { 1: '' } },
    { uses: [] },
    { defaults: { a: '' } },
  ]) {
    assert.equal(changes({ ...asItIs, ...some } as Choices), true);
  }
});

test('columns show their first values and what they look like', () => {
  const table = tableOf('Phone,plan,,Name\n+12025550101,,,x\n+12025550102,Basic,,y\n');
  assert.deepEqual(
    checked(table, {}).columns.map(({ name, use, samples }) => [name, use.as, samples]),
    [
      ['Phone', 'phone', ['+12025550101', '+12025550102']],
      ['plan', 'field', ['Basic']],
      ['column_3', 'field', []],
      ['Name', 'name', ['x', 'y']],
    ],
  );
  assert.deepEqual(
    guessUses(['a', 'PHONE']).map(({ as }) => as),
    ['field', 'phone'],
  );
});

test('variables are missing where a column or a value is', () => {
  const table = tableOf('phone,name,plan\n+12025550101,,\n+12025550102,Jane,Basic\nbad,x,\n');
  const result = checked(table, {});
  const variables = findVariables(['name', 'plan', 'city', 'phone'], table, asItIs, result);
  assert.deepEqual(variables, [
    { name: 'name', present: true, missing: [1] },
    { name: 'plan', present: true, missing: [1] },
    { name: 'city', present: false, missing: [1, 2] },
    { name: 'phone', present: true, missing: [] },
  ]);
  const filled = { ...asItIs, defaults: { city: 'Utrecht', plan: 'none' } };
  assert.deepEqual(
    findVariables(['plan', 'city'], table, filled, result).map(({ missing }) => missing),
    [[], []],
  );
  const second = result.contacts[1];
  assert.ok(second);
  assert.deepEqual(
    [...new ValueReader(table, filled).of(second)],
    [
      ['phone', '+12025550102'],
      ['name', 'Jane'],
      ['plan', 'Basic'],
      ['city', 'Utrecht'],
    ],
  );
});

test("a column named like the contact's own name comes first", () => {
  const table = tableOf('phone,Name,alias\n+12025550101,Jane,Jenny\n');
  const uses: Use[] = [{ as: 'phone' }, { as: 'name' }, { as: 'field', field: 'name' }];
  const both = checked(table, { uses });
  assert.equal(both.fault?.code, 'invalid_csv');
});

test('work in pieces comes to the same end, and stops when nobody wants it', async () => {
  function* work(): Generator<number, string> {
    const end = performance.now() + 40;
    while (performance.now() < end) {
      yield 0.5;
    }
    return 'done';
  }
  assert.equal(await finishInPieces(work(), new AbortController().signal), 'done');
  const stop = new AbortController();
  const stopped = finishInPieces(work(), stop.signal);
  stop.abort();
  await assert.rejects(stopped, { name: 'AbortError' });
});
