import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkForm, emptyForm, type Form, fieldOf, officeHours } from './form';
import { clockOf, describeHours, fasterLimits, roughly, sentence } from './sentence';

const good: Form = { ...emptyForm('Europe/Berlin'), name: 'Renewals', numberId: 'phone_1' };

test('a form that can be sent', () => {
  assert.deepEqual(checkForm(good), {});
  assert.deepEqual(
    checkForm({ ...good, hours: officeHours('UTC'), start: 'later', local: '2027-03-02T09:00' }),
    {},
  );
  assert.deepEqual(checkForm({ ...good, hours: { ...officeHours('UTC'), closes: '00:00' } }), {});
});

test('everything that is wrong is told at once', () => {
  const hours = { days: [], opens: '18:00', closes: '09:00', zone: '' };
  const wrong: Form = { ...emptyForm(''), name: ' ', limit: '51', attempts: '0', hours, start: 'later' };
  assert.deepEqual(Object.keys(checkForm(wrong)).sort(), [
    'attempts',
    'closes',
    'days',
    'hoursZone',
    'limit',
    'local',
    'name',
    'numberId',
    'zone',
  ]);
});

for (const limit of ['', '0', '1.5', '-1', '1e1', '51', 'x']) {
  test(`${limit || 'nothing'} calls at once are refused`, () =>
    assert.ok(checkForm({ ...good, limit }).limit));
}

test('a name is counted in characters', () => {
  assert.equal(checkForm({ ...good, name: '🙂'.repeat(200) }).name, undefined);
  assert.ok(checkForm({ ...good, name: 'x'.repeat(201) }).name);
});

test('errors of the API stand beside their fields', () => {
  assert.equal(fieldOf(['input', 'fromPhoneNumberId']), 'numberId');
  assert.equal(fieldOf(['input', 'callWindow', 'closes']), 'closes');
  assert.equal(fieldOf(['input', 'callWindow']), 'opens');
  assert.equal(fieldOf(['input', 'contacts', 'file']), 'contacts');
  assert.equal(fieldOf(['input', 'names']), null);
  assert.equal(fieldOf(null), null);
});

test('the plan is one sentence', () => {
  const plan = {
    people: '9,698 people',
    from: '+1 202 555 0199',
    limit: 5,
    attempts: 3,
    start: '',
    hours: null,
    simulated: false,
  };
  assert.equal(
    sentence(plan),
    'Calls 9,698 people from +1 202 555 0199 starting now, 5 at a time, up to 3 tries each.',
  );
  assert.equal(
    sentence({
      ...plan,
      people: '1 person',
      limit: 1,
      attempts: 1,
      start: '2 March 2027, 09:00 New York',
      hours: officeHours('America/New_York'),
      simulated: true,
    }),
    'Calls 1 person from +1 202 555 0199 starting 2 March 2027, 09:00 New York, one at a time, one try each, Monday to Friday 09:00–18:00 New York time; simulated, so nobody’s telephone rings.',
  );
});

test('days are told in runs', () => {
  const on = (...days: Parameters<typeof describeHours>[0]['days']) =>
    describeHours({ ...officeHours('UTC'), days }).split(' 09')[0];
  assert.equal(
    on('MONDAY', 'WEDNESDAY', 'TUESDAY', 'SATURDAY', 'SUNDAY'),
    'Monday to Wednesday, Saturday, Sunday',
  );
  assert.equal(on('FRIDAY'), 'Friday');
  assert.equal(on(), 'every day');
  assert.equal(on('MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'), 'every day');
  assert.match(describeHours({ ...officeHours('UTC'), closes: '00:00' }), /09:00–24:00/);
});

test('durations are as exact as they are certain', () => {
  assert.deepEqual([120, 3960, 7200, 35_940, 36_000, 232_800].map(roughly), [
    '2 min',
    '1 h 6 min',
    '2 h',
    '9 h 59 min',
    '10 h',
    '65 h',
  ]);
});

test('clocks are those of a city, but for UTC', () => {
  assert.deepEqual(['UTC', 'Etc/UTC', 'America/New_York'].map(clockOf), ['UTC', 'UTC', 'New York time']);
});

test('only what is faster is offered', () => {
  assert.deepEqual(fasterLimits(5, 50), [10, 20, 50]);
  assert.deepEqual(fasterLimits(10, 20), [20]);
  assert.deepEqual(fasterLimits(5, 8), [8]);
  assert.deepEqual(fasterLimits(50, 50), []);
});
