import { Button } from '../components/button';
import { Notice } from '../components/notice';
import { newBatch as messages } from '../messages/newbatch';
import type { Contacts } from './contacts-state';
import { type Choices, guessUses, maxContacts, type Use } from './reading/check';
import type { Fault } from './reading/fault';
import { meansPhone } from './reading/header';
import { parseNumber } from './reading/number';
import type { Table } from './reading/table';
import { lower } from './reading/words';

/** Why nothing can be made of the contacts yet, and what mends it with one press. */
export function FaultNotice({ fault, contacts }: { fault: Fault; contacts: Contacts }) {
  const { source, choices, choose } = contacts;
  const table = source?.table ?? null;
  return (
    <Notice
      tone="bad"
      announce
      title={fault.message}
      actions={
        <>
          {source?.broken && <Button onClick={contacts.readAsWindows}>{messages.readWindows}</Button>}
          {table && fault.code === 'missing_phone_column' && (
            <PhoneButtons table={table} choices={choices} contacts={contacts} />
          )}
          {table && fault.code === 'invalid_csv' && <RepeatedButton table={table} contacts={contacts} />}
          {fault.code === 'too_many_contacts' && (
            <Button onClick={() => choose({ cut: true })}>{messages.keepFirstRows(maxContacts)}</Button>
          )}
        </>
      }
    >
      {source?.broken ? messages.readWindowsHint : fault.hint}
    </Notice>
  );
}

function PhoneButtons({ table, choices, contacts }: { table: Table; choices: Choices; contacts: Contacts }) {
  const { names } = table;
  if (names.some((name) => parseNumber(name) !== null)) {
    return <Button onClick={contacts.takeFirstRow}>{messages.firstRow}</Button>;
  }
  return likelyPhones(table).map((place) => (
    <Button
      key={place}
      onClick={() => {
        const uses = choices.uses ?? guessUses(names);
        contacts.choose({ uses: uses.map((use, at): Use => (at === place ? { as: 'phone' } : use)) });
      }}
    >
      {messages.columnAsPhone(names[place] || String(place + 1))}
    </Button>
  ));
}

/** The columns that hold numbers by their name or by what is in them, at most two. */
function likelyPhones(table: Table): number[] {
  const sample = table.rows.slice(0, 20);
  const digits = (place: number) =>
    sample.filter((cells) => /\d{7,}/.test((cells[place] ?? '').replace(/\D/g, ''))).length;
  const places = table.names.map((_, place) => place);
  const named = places.filter((place) => meansPhone(table.names[place] ?? ''));
  const filled = places.filter((place) => digits(place) > sample.length / 2);
  return [...new Set([...named, ...filled])].slice(0, 2);
}

/** Leaves out the second of two columns with one name. */
function RepeatedButton({ table, contacts }: { table: Table; contacts: Contacts }) {
  const folded = table.names.map(lower);
  const place = folded.findIndex((name, at) => name !== '' && folded.indexOf(name) < at);
  const uses = contacts.choices.uses ?? guessUses(table.names);
  if (place < 0 || uses[place]?.as === 'nothing') return null;
  return (
    <Button
      onClick={() => {
        contacts.choose({ uses: uses.map((use, at): Use => (at === place ? { as: 'nothing' } : use)) });
      }}
    >
      {messages.leaveOutRepeated(table.names[place] ?? '')}
    </Button>
  );
}
