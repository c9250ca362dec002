import { type Checked, type Choices, type Contact, type Layout, layOut } from './check';
import type { Table } from './table';

/** The values that a prompt is filled from, by name. */
export type Values = ReadonlyMap<string, string>;

/** Whether a prompt would be left with nothing to say: no value, or nothing but spaces. */
export const isEmpty = (value: string | undefined): boolean => value === undefined || /^ *$/.test(value);

/** Reads the values of contacts out of a table. */
export class ValueReader {
  private readonly table: Table;
  private readonly layout: Layout;
  private readonly choices: Choices;

  constructor(table: Table, choices: Choices) {
    this.table = table;
    this.choices = choices;
    this.layout = layOut(table, choices);
  }

  /** What a call to the contact can say: its own phone and name, and its custom fields, which come first. */
  of(contact: Contact): Values {
    const cells = this.table.rows[contact.row - 1] ?? [];
    const values = new Map([['phone', contact.phone]]);
    if (contact.name !== '') {
      values.set('name', contact.name);
    }
    this.layout.uses.forEach((use, place) => {
      const cell = cells[place] ?? '';
      if (use.as === 'field' && !(this.table.names[place] === '' && cell.trim() === '')) {
        values.set(use.field, cell);
      }
    });
    for (const [name, value] of Object.entries(this.choices.defaults)) {
      if (isEmpty(values.get(name))) {
        values.set(name, value);
      }
    }
    return values;
  }
}

/** A name in a prompt, looked for in the contacts. */
export interface Variable {
  name: string;
  /** Whether there is such a column. */
  present: boolean;
  /** The rows of the contacts whose value is missing or empty. */
  missing: number[];
}

/** Looks for the names in a prompt among the contacts. */
export function findVariables(names: string[], table: Table, choices: Choices, checked: Checked): Variable[] {
  const reader = new ValueReader(table, choices);
  const found = names.map((name): Variable => ({ name, present: false, missing: [] }));
  for (const contact of checked.contacts) {
    const values = reader.of(contact);
    for (const variable of found) {
      const value = values.get(variable.name);
      variable.present ||= value !== undefined;
      if (isEmpty(value)) {
        variable.missing.push(contact.row);
      }
    }
  }
  return found;
}
