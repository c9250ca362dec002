import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asItIs, check } from './check';
import { readPaste } from './paste';
import { finish } from './slices';

test('cells copied from Excel', () => {
  const table = readPaste(
    'phone\tname\tnote\r\n+12025550101\tJohn\t5" pipe\r\n+12025550102\tJane\t"a ""b""\nc\td"\r\n',
  );
  assert.deepEqual(table.names, ['phone', 'name', 'note']);
  assert.deepEqual(table.rows, [
    ['+12025550101', 'John', '5" pipe'],
    ['+12025550102', 'Jane', 'a "b"\nc\td'],
  ]);
  assert.equal(finish(check(table, asItIs)).contacts.length, 2);
});

test('no last line end, blank lines, and cells that are empty', () => {
  assert.deepEqual(readPaste('\r\nphone\tname\n\n+12025550101\t').rows, [[''], ['+12025550101', '']]);
});

test('a quote that is not closed is taken as it stands', () => {
  assert.deepEqual(readPaste('phone\tnote\n1\t"a\n2\tb\n').rows, [
    ['1', '"a'],
    ['2', 'b'],
  ]);
  assert.deepEqual(readPaste('phone\tnote\n1\t"a" b\n').rows, [['1', '"a" b']]);
});

test('header cells with quotes and line ends', () => {
  assert.deepEqual(readPaste('phone\t"first\nname"\t5"\n1\ta\tb\n').names, ['phone', 'first\nname', '5"']);
});

test('one column without tabs', () => {
  const table = readPaste('phone\n+12025550101\n+12025550102\n');
  assert.deepEqual(table.rows, [['+12025550101'], ['+12025550102']]);
});

test('commas and semicolons are no delimiters in a header that was copied', () => {
  assert.deepEqual(readPaste('phone, mobile\tname;x\n1\t2\n').names, ['phone, mobile', 'name;x']);
});

test('nothing is refused as an empty file', () => {
  assert.throws(() => readPaste(' \n\t\n'), { code: 'invalid_csv' });
});
