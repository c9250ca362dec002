import { useMemo, useState } from 'react';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { TextField } from '../components/field';
import { Icon } from '../components/icon';
import { newBatch as messages } from '../messages/newbatch';
import { common } from '../messages/shell';
import { withField } from './columns';
import type { Contacts, LocalCheck } from './contacts-state';
import { alike } from './groups';
import { findVariables, type Variable } from './reading/values';

type Props = { contacts: Contacts; local: LocalCheck; names: readonly string[] };

/** The names in the agent's prompt that some contact has no value for. */
export function Variables({ contacts, local, names }: Props) {
  const found = useMemo(() => {
    const { table, choices, checked } = local;
    return checked.fault ? [] : findVariables([...names], table, choices, checked);
  }, [local, names]);
  const missing = found.filter((variable) => variable.missing.length > 0);
  const defaults = Object.entries(local.choices.defaults);
  if (local.checked.fault || names.length === 0) return null;
  return (
    <div className="stack tight" data-part="variables">
      <h3>{messages.variables}</h3>
      {missing.length === 0 && (
        <p className="row good-text">
          <Icon name="check" /> {messages.allVariables}
        </p>
      )}
      <ul className="problems">
        {missing.map((variable) => (
          <Missing key={variable.name} variable={variable} contacts={contacts} local={local} />
        ))}
        {defaults.map(([name, value]) => (
          <li key={name}>
            <span className="what">{messages.defaultIs(name, value)}</span>
            <Button
              compact
              onClick={() => {
                const { [name]: _, ...others } = local.choices.defaults;
                contacts.choose({ defaults: others });
              }}
            >
              {messages.undo}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

type MissingProps = { variable: Variable; contacts: Contacts; local: LocalCheck };

function Missing({ variable: { name, present, missing }, contacts, local }: MissingProps) {
  const [asked, setAsked] = useState<'rows' | 'default' | null>(null);
  const free = local.checked.columns.map(({ use, name: column }) => (use.as === 'phone' ? '' : column));
  const likely = present ? -1 : alike(name, free);
  return (
    <li data-variable={name}>
      <span className="what warn-text row">
        <Icon name="warning" size={14} />
        <span>{present ? messages.emptyValues(name, missing.length) : messages.noColumn(name)}</span>
      </span>
      <span className="row">
        {likely >= 0 && (
          <Button compact onClick={() => contacts.choose({ uses: withField(local, likely, name) })}>
            {messages.takeColumn(free[likely] ?? '')}
          </Button>
        )}
        {!present && likely < 0 && <ColumnChoice name={name} contacts={contacts} local={local} />}
        {present && (
          <Button compact onClick={() => setAsked('rows')}>
            {messages.showRows(missing.length)}
          </Button>
        )}
        <Button compact onClick={() => setAsked('default')}>
          {messages.defaultSet}…
        </Button>
      </span>
      {asked === 'default' && (
        <DefaultDialog name={name} contacts={contacts} onClose={() => setAsked(null)} />
      )}
      {asked === 'rows' && (
        <EmptyRows name={name} rows={missing} local={local} onClose={() => setAsked(null)} />
      )}
    </li>
  );
}

function ColumnChoice({ name, contacts, local }: { name: string; contacts: Contacts; local: LocalCheck }) {
  return (
    <select
      className="input short"
      aria-label={messages.columnFor(name)}
      value=""
      onChange={(event) => contacts.choose({ uses: withField(local, Number(event.target.value), name) })}
    >
      <option value="" disabled>
        {messages.chooseColumn}
      </option>
      {local.checked.columns.map((column, place) =>
        column.use.as === 'phone' ? null : (
          // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
          <option key={place} value={place}>
            {column.name}
          </option>
        ),
      )}
    </select>
  );
}

function DefaultDialog({
  name,
  contacts,
  onClose,
}: {
  name: string;
  contacts: Contacts;
  onClose: () => void;
}) {
  const [text, setText] = useState('');
  return (
    <Dialog
      title={messages.defaultFor(name)}
      onClose={onClose}
      onSubmit={() => {
        if (text.trim() === '') return;
        contacts.choose({ defaults: { ...contacts.choices.defaults, [name]: text } });
        onClose();
      }}
      actions={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button look="primary" type="submit" disabled={text.trim() === ''}>
            {messages.defaultSet}
          </Button>
        </>
      }
    >
      <TextField
        label={messages.defaultField}
        hint={messages.defaultHint}
        value={text}
        onValue={setText}
        autoFocus
      />
    </Dialog>
  );
}

const most = 100;

type EmptyRowsProps = { name: string; rows: number[]; local: LocalCheck; onClose: () => void };

function EmptyRows({ name, rows, local, onClose }: EmptyRowsProps) {
  const wanted = new Set(rows.slice(0, most));
  const people = local.checked.contacts.filter(({ row }) => wanted.has(row));
  return (
    <Dialog
      title={messages.emptyValues(name, rows.length)}
      onClose={onClose}
      actions={<Button onClick={onClose}>{common.close}</Button>}
    >
      <ul className="rows plain">
        {people.map(({ row, phone, name: person }) => (
          <li key={row}>
            <span className="muted small">
              {messages.row} {row}
            </span>
            <span className="mono">{phone}</span>
            <span>{person}</span>
          </li>
        ))}
      </ul>
      {rows.length > most && <p className="muted">{messages.andMore(rows.length - most)}</p>}
    </Dialog>
  );
}
