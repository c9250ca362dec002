import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findZones, offsetText, type Zone, zoneNamed } from './zones';

const zones: Zone[] = [
  {
    id: 'America/New_York',
    label: 'New York',
    offsetMinutes: -300,
    aliases: ['US/Eastern', 'EST5EDT', 'United States'],
  },
  { id: 'America/Sao_Paulo', label: 'Sao Paulo', offsetMinutes: -180, aliases: ['Brazil/East', 'Brazil'] },
  { id: 'Asia/Kolkata', label: 'Kolkata', offsetMinutes: 330, aliases: ['Asia/Calcutta', 'India'] },
  { id: 'Europe/London', label: 'London', offsetMinutes: 0, aliases: ['GB', 'Britain (UK)'] },
  { id: 'UTC', label: 'UTC', offsetMinutes: 0, aliases: ['Etc/UTC', 'Zulu'] },
];
const ids = (words: string) => findZones(words, zones).map(({ id }) => id);

test('zones are found by city, country, other name and offset', () => {
  assert.deepEqual(ids('new y'), ['America/New_York']);
  assert.deepEqual(ids('New_York'), ['America/New_York']);
  assert.deepEqual(ids('india'), ['Asia/Kolkata']);
  assert.deepEqual(ids('calcutta'), ['Asia/Kolkata']);
  assert.deepEqual(ids('são'), ['America/Sao_Paulo']);
  assert.deepEqual(ids('us eastern'), ['America/New_York']);
  assert.deepEqual(ids('UTC-5'), ['America/New_York']);
  assert.deepEqual(ids('+5:30'), ['Asia/Kolkata']);
  assert.deepEqual(ids('nowhere'), []);
});

test('what is called exactly so comes first', () => {
  assert.equal(ids('utc')[0], 'UTC');
  assert.equal(ids('').length, zones.length);
  assert.equal(findZones('', zones, 2).length, 2);
});

test('links are other names of zones', () => {
  assert.equal(zoneNamed('Asia/Calcutta', zones)?.id, 'Asia/Kolkata');
  assert.equal(zoneNamed('Europe/London', zones)?.id, 'Europe/London');
  assert.equal(zoneNamed('Mars/Olympus', zones), null);
});

test('offsets', () => {
  assert.deepEqual([0, -300, 330, -210, 765].map(offsetText), [
    'UTC',
    'UTC−5',
    'UTC+5:30',
    'UTC−3:30',
    'UTC+12:45',
  ]);
});
