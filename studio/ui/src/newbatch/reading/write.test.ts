import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asItIs, type Choices, check, type Use } from './check';
import { asUploaded, isExport, putBack } from './exported';
import { finish } from './slices';
import { readTable, type Table } from './table';
import { decode } from './text';
import { rejectedFile, restFile, sentFile } from './write';

function tableOf(text: string): Table {
  return finish(readTable(decode(new TextEncoder().encode(text))));
}

const awkward = tableOf(
  'Mobile;"say ""hi""";;plan\r\n12025550101;"a;b";;"line\r\nbreak"\r\n;;;\r\n+12025550101;=1+1;x;\r\n+12025550102;y;;z;surplus\r\nbad;@x;-1;+2\r\n',
);
const uses: Use[] = [
  { as: 'phone' },
  { as: 'field', field: 'say "hi"' },
  { as: 'field', field: 'column_3' },
  { as: 'nothing' },
];
const choices: Choices = {
  ...asItIs,
  uses,
  repairs: ['plus'],
  defaults: { column_3: '?', city: 'Utrecht, NL' },
  keep: 'last',
};

test('a file that is sent is read as it was checked', () => {
  const here = finish(check(awkward, choices));
  const there = finish(check(tableOf(sentFile(awkward, choices)), asItIs));
  const counts = ({ rows, contacts, rejections, duplicates, blank }: typeof here) => [
    rows,
    contacts.length,
    rejections.length,
    duplicates.length,
    blank,
  ];
  assert.deepEqual(counts(there), counts(here));
  assert.deepEqual(
    there.contacts.map(({ phone }) => phone),
    here.contacts.map(({ phone }) => phone),
  );
  assert.deepEqual(
    there.rejections.map(({ code }) => code),
    here.rejections.map(({ code }) => code),
  );
  assert.deepEqual(there.fields, ['say "hi"', 'column_3', 'city']);
});

test('a file that is sent has the wanted columns, defaults and numbers', () => {
  const sent = tableOf(sentFile(awkward, choices));
  assert.equal(sent.delimiter, ',');
  assert.deepEqual(sent.names, ['phone', 'say "hi"', 'column_3', 'city']);
  assert.deepEqual(sent.rows, [
    ['+12025550101', '=1+1', 'x', 'Utrecht, NL'],
    ['', '', '', ''],
    ['+12025550101', 'a;b', '?', 'Utrecht, NL'],
    ['+12025550102', 'y', '?', 'Utrecht, NL', 'surplus'],
    ['bad', '@x', '-1', 'Utrecht, NL'],
  ]);
});

test('rejected rows keep their columns, say why, and hold no formula', () => {
  const rejected = rejectedFile(awkward, choices, finish(check(awkward, { ...choices, keep: 'first' })));
  assert.ok(rejected.startsWith('\ufeffMobile,'));
  const { names, rows } = tableOf(rejected);
  assert.deepEqual(names, ['Mobile', 'say "hi"', 'column_3', 'plan', 'row', 'reason_code', 'reason']);
  assert.deepEqual(
    rows.map((cells) => cells.slice(0, 6)),
    [
      ['\t+12025550101', "'=1+1", 'x', '', '3', 'duplicate'],
      ['\t+12025550102', 'y', '', 'z', '4', 'row_too_long'],
      ['bad', "'@x", '-1', '+2', '5', 'invalid_phone_format'],
    ],
  );
  for (const cells of rows) {
    assert.match(cells[6] ?? '', /\.$/);
    assert.ok(cells.every((cell) => !/^([=@]|[+-]\D)/.test(cell)));
  }
});

test('a mended file of rejected rows replaces the rows it was made of', () => {
  const table = tableOf('phone,plan\nbad,-1\n+12025550102,b\nworse,c\n');
  const rejected = tableOf(rejectedFile(table, asItIs, finish(check(table, asItIs))));
  assert.ok(isExport(rejected));
  const mended = {
    ...rejected,
    rows: rejected.rows.map((cells) => [`\t+1202555010${cells[2]}`, ...cells.slice(1)]),
  };
  const after = putBack(table, table.names, mended);
  assert.equal(after?.rows, 2);
  assert.deepEqual(after?.table.rows, [
    ['+12025550101', '-1'],
    ['+12025550102', 'b'],
    ['+12025550103', 'c'],
  ]);
  assert.equal(putBack(tableOf('phone\nx\n'), ['phone'], mended), null);
  assert.deepEqual(asUploaded(mended).rows, [
    ['+12025550101', '-1'],
    ['+12025550103', 'c'],
  ]);
  assert.deepEqual(asUploaded(mended).names, ['phone', 'plan']);
});

test('a file of rejected rows is not put back into rows that are not there', () => {
  const table = tableOf('phone\nbad\n');
  const rows = [
    ['+12025550101', '7', '', ''],
    ['+12025550101', '0', '', ''],
    ['+12025550101', 'x', '', ''],
    ['+12025550101', '', '', ''],
  ];
  const after = putBack(table, table.names, {
    ...table,
    names: ['phone', 'row', 'reason_code', 'reason'],
    rows,
  });
  assert.equal(after?.rows, 0);
  assert.deepEqual(after?.table.rows, [['bad']]);
});

test('whatever an export makes harmless is read as it was', () => {
  const cells = ['=1', "''=1", '-1', "'-1", 'a;=1', 'a; \'"+1', "a;'-b", '＝1', "it's; '", ''];
  const text = `phone,row,reason,cell\n${cells.map((cell) => `x,=2,r,"${cell.replaceAll('"', '""')}"`).join('\n')}\n`;
  const table = tableOf(text);
  const again = tableOf(rejectedFile(table, asItIs, finish(check(table, asItIs))));
  assert.deepEqual(again.names, ['phone', 'row', 'reason', 'cell', 'row_', 'reason_code', 'reason_']);
  assert.deepEqual(asUploaded(again).names, table.names);
  assert.deepEqual(asUploaded(again).rows, table.rows);
  assert.deepEqual(putBack(table, table.names, again)?.table.rows, table.rows);
});

test('the rest is a file like the first', () => {
  const rest = tableOf(restFile(awkward, 3));
  assert.deepEqual(rest.names, awkward.names);
  assert.deepEqual(rest.rows, awkward.rows.slice(3));
});
