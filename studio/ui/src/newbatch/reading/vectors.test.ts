import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { asItIs, type Checked, check } from './check';
import { asUploaded } from './exported';
import { Fault } from './fault';
import { finish } from './slices';
import { readTable, type Table } from './table';
import { decode } from './text';
import { ValueReader } from './values';

/** One file and what is read from it; exactly one of text and base64 is set. The server's tests read the same vectors. */
interface Vector {
  name: string;
  text?: string;
  base64?: string;
  error?: { code: string; detail?: string; hint?: string };
  contacts: { row: number; phone: string; name: string; customFields: Record<string, string> }[];
  rejections: { row: number; phone: string; code: string; suggestion?: string; detail: string }[];
  duplicates: { row: number; firstRow: number; phone: string }[];
  blank: number;
  columns: string[];
}

// Tests run in studio/ui.
const file = '../../contacts/testdata/vectors.json';
const vectors: Vector[] = JSON.parse(readFileSync(file, 'utf8'));

for (const vector of vectors) {
  test(vector.name, () => {
    const bytes = Buffer.from(
      vector.text ?? vector.base64 ?? '',
      vector.text === undefined ? 'base64' : 'utf8',
    );
    if (vector.error) {
      const { code, detail, hint } = vector.error;
      const fault = faultOf(bytes);
      assert.equal(fault.code, code);
      if (detail) {
        assert.equal(fault.message, detail);
      }
      assert.equal(fault.hint, hint ?? '');
      return;
    }
    const { table, checked } = read(bytes);
    assert.equal(checked.fault, null);
    assert.deepEqual(
      checked.contacts.map((contact) => ({
        ...contact,
        customFields: customFields(table, checked, contact.row),
      })),
      vector.contacts,
    );
    assert.deepEqual(
      checked.rejections.map(({ row, phone, code, suggestion, detail }) => ({
        row,
        phone,
        code,
        suggestion,
        detail,
      })),
      vector.rejections.map((rejection) => ({ suggestion: '', ...rejection })),
    );
    assert.deepEqual(checked.duplicates, vector.duplicates);
    assert.equal(checked.blank, vector.blank);
    assert.deepEqual(checked.fields, vector.columns);
    const { contacts, rejections, duplicates, blank, rows } = checked;
    assert.equal(contacts.length + rejections.length + duplicates.length + blank, rows);
  });
}

function read(bytes: Uint8Array): { table: Table; checked: Checked } {
  const table = asUploaded(finish(readTable(decode(bytes))));
  return { table, checked: finish(check(table, asItIs)) };
}

function faultOf(bytes: Uint8Array): Fault {
  try {
    const { fault } = read(bytes).checked;
    assert.ok(fault, 'nothing is wrong');
    return fault;
  } catch (error) {
    if (error instanceof Fault) {
      return error;
    }
    throw error;
  }
}

/** The values that the columns of the file give a contact, without its own phone and name. */
function customFields(table: Table, checked: Checked, row: number): Record<string, string> {
  const contact = checked.contacts.find((candidate) => candidate.row === row);
  assert.ok(contact);
  const values = new ValueReader(table, asItIs).of(contact);
  const own = new Set(['phone', 'name']);
  return Object.fromEntries([...values].filter(([name]) => !own.has(name)));
}
