import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainNumber } from './number';
import { countryCode, proposeRepair, type RepairKind, withCountry } from './repair';

const proposals: [written: string, country: string, kind: RepairKind | null, number: string][] = [
  ['12025550101', '', 'plus', '+12025550101'],
  ['447911123456', '1', 'plus', '+447911123456'],
  ['1 (202) 555-0101', '1', 'plus', '+12025550101'],
  ['+1 (202) 555-0101', '1', 'formatting', '+12025550101'],
  ['tel:+12025550101', '1', 'formatting', '+12025550101'],
  ["'+12025550101", '1', 'apostrophe', '+12025550101'],
  ['’+12025550101', '1', 'apostrophe', '+12025550101'],
  ["'12025550101", '1', 'plus', '+12025550101'],
  ['0012025550101', '1', 'zeros', '+12025550101'],
  ['011 44 7911 123456', '1', 'zeros', '+447911123456'],
  ['1.2025550101E+10', '1', 'scientific', '+12025550101'],
  ['12025550101.0', '1', 'decimal', '+12025550101'],
  ['(202) 555-0007', '1', 'country', '+12025550007'],
  ['1,2025550101E+10', '1', 'scientific', '+12025550101'],
  ['2.025550101E+9', '1', 'country', '+12025550101'],
  ['2025550101.0', '1', 'country', '+12025550101'],
  ['07911 123456', '44', 'country', '+447911123456'],
  ['7911 123456', '44', 'country', '+447911123456'],
  ['06 12345678', '39', 'country', '+390612345678'],
  ['8 916 1234567', '7', 'country', '+79161234567'],
  ['0151 12345678', '49', 'country', '+4915112345678'],
  ['(202) 555-0007', '', 'country', ''],
  ['07911 123456', '', 'country', ''],
  ['102 555 0101', '1', null, ''],
  ['5551234', '1', null, ''],
  ['12345', '44', null, ''],
  ['1.20255E+10', '1', null, ''],
  ['1,20255E+10', '1', null, ''],
  ['1,2,3E+10', '1', null, ''],
  ['+1 202 555 0101 x12', '1', null, ''],
  ['n/a', '1', null, ''],
  ['', '1', null, ''],
  ['+123456', '1', null, ''],
];

for (const [written, country, kind, number] of proposals) {
  test(`${written || 'nothing'} in ${country || 'no country'}`, () => {
    const repair = proposeRepair(written, country);
    assert.equal(repair?.kind ?? null, kind);
    assert.equal(repair?.number ?? '', number);
  });
}

test('a number that was rounded with a decimal comma is told like one with a point', () => {
  assert.match(explainNumber('1.20255E+10'), /^A spreadsheet rounded the number/);
  assert.equal(explainNumber('1,20255E+10'), explainNumber('1.20255E+10'));
});

test("a number of another country's length is no number of the country", () => {
  assert.equal(withCountry('12345', '44'), '');
  assert.equal(withCountry('012345678901234', '44'), '');
  assert.equal(withCountry('2025550101', ''), '');
});

test('country codes have one to three digits', () => {
  const codes = [
    '+12025550101',
    '+79161234567',
    '+447911123456',
    '+4915112345678',
    '+35312345678',
    '+85212345678',
    '+998901234567',
  ];
  assert.deepEqual(codes.map(countryCode), ['1', '7', '44', '49', '353', '852', '998']);
});
