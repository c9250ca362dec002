import { useState } from 'react';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { SearchBox } from '../components/search-box';
import { newBatch as messages } from '../messages/newbatch';
import { common } from '../messages/shell';
import { count } from '../state/format';
import type { Contacts } from './contacts-state';
import type { Rejection } from './reading/check';
import { shorten, trim } from './reading/words';

/** How many rows are shown at first, and more at each press. */
const step = 50;

/** How much of a value is shown, which may be a whole letter. */
const mostShown = 40;

/** Who is in a row: the name, then what else is sent of it. */
function who({ local }: Contacts, row: number): string {
  const cells = local?.table.rows[row - 1] ?? [];
  const said = (as: 'name' | 'field') =>
    local?.checked.columns.map(({ use }, at) =>
      use.as === as ? shorten(trim(cells[at] ?? ''), mostShown) : '',
    );
  return [said('name'), said('field')].flat().filter(Boolean).join(' · ');
}

type RowsDialogProps = { title: string; rows: Rejection[]; contacts: Contacts; onClose: () => void };

/** Rows that cannot be called, each to be mended by hand. */
export function RowsDialog({ title, rows, contacts, onClose }: RowsDialogProps) {
  const [words, setWords] = useState('');
  const [most, setMost] = useState(step);
  // A row that is mended leaves the list of rejected rows, but not the reader's sight.
  const [first] = useState(rows);
  const wanted = words.trim().toLowerCase();
  const found = first.filter(({ phone, detail, row }) =>
    `${row} ${phone} ${detail} ${who(contacts, row)}`.toLowerCase().includes(wanted),
  );
  return (
    <Dialog title={title} wide onClose={onClose} actions={<Button onClick={onClose}>{common.close}</Button>}>
      <SearchBox
        label={messages.searchRows}
        value={words}
        onValue={(value) => {
          setWords(value);
          setMost(step);
        }}
      />
      {found.length === 0 && <p className="muted">{messages.noRows}</p>}
      <ul className="rows">
        {found.slice(0, most).map((rejection) => (
          <Row key={rejection.row} rejection={rejection} contacts={contacts} />
        ))}
      </ul>
      {found.length > most && (
        <Button onClick={() => setMost(most + step)}>
          {messages.moreRows(Math.min(step, found.length - most))}
        </Button>
      )}
    </Dialog>
  );
}

function Row({ rejection, contacts }: { rejection: Rejection; contacts: Contacts }) {
  const { row, phone, detail, suggestion, repair } = rejection;
  const { choices, choose, local } = contacts;
  const [text, setText] = useState(choices.mended[row] ?? phone);
  const keep = (number: string) => {
    setText(number);
    if (number === phone) {
      const { [row]: _, ...others } = choices.mended;
      choose({ mended: others });
    } else choose({ mended: { ...choices.mended, [row]: number } });
  };
  const still = local?.checked.rejections.find((other) => other.row === row);
  const person = who(contacts, row);
  const proposed = repair?.number || suggestion;
  return (
    <li>
      <span className="muted small">
        {messages.row} {count(row)}
      </span>
      <input
        className="input mono"
        aria-label={messages.mendRow(row)}
        aria-invalid={still ? true : undefined}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => text !== (choices.mended[row] ?? phone) && keep(text)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          keep(text);
        }}
      />
      <div className="small">
        {person && (
          <div className="clip" title={person}>
            {person}
          </div>
        )}
        <span className="muted">{still ? still.detail || detail : messages.mended}</span>
      </div>
      {still && proposed && proposed !== text && (
        <Button compact onClick={() => keep(proposed)}>
          {messages.takeNumber(proposed)}
        </Button>
      )}
    </li>
  );
}
