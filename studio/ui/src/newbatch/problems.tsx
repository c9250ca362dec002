import { useMemo, useState } from 'react';
import { Badge } from '../components/badge';
import { Button } from '../components/button';
import { Icon } from '../components/icon';
import { newBatch as messages, numbersOf, repairs } from '../messages/newbatch';
import type { Contacts, LocalCheck } from './contacts-state';
import { examples, group, type Lost, type Mendable } from './groups';
import type { Rejection } from './reading/check';
import { RowsDialog } from './rows-dialog';

type Props = { contacts: Contacts; local: LocalCheck };

/** Rejected rows by what mends them: a press of a button, or a person. */
export function Problems({ contacts, local }: Props) {
  const { mendable, lost } = useMemo(() => group(local.checked), [local]);
  const { duplicates, rejections, left, contacts: ready } = local.checked;
  const [shown, setShown] = useState<{ title: string; rows: (row: Rejection) => boolean } | null>(null);
  if (mendable.length + lost.length + duplicates.length + left === 0) {
    return ready.length > 0 ? (
      <p className="row good-text">
        <Icon name="check" /> {messages.noProblems}
      </p>
    ) : null;
  }
  return (
    <div className="stack tight">
      <h3>{messages.problems}</h3>
      <ul className="problems" data-part="problems">
        {mendable.map((found) => (
          <Repairable key={found.kind} found={found} contacts={contacts} />
        ))}
        {lost.map((found) => (
          <Unrepairable
            key={found.detail}
            found={found}
            show={() => setShown({ title: found.detail, rows: ({ detail }) => detail === found.detail })}
          />
        ))}
        {duplicates.length > 0 && <Repeated contacts={contacts} count={duplicates.length} />}
      </ul>
      {shown && (
        <RowsDialog
          title={shown.title}
          rows={rejections.filter(shown.rows)}
          contacts={contacts}
          onClose={() => setShown(null)}
        />
      )}
    </div>
  );
}

function Repairable({ found, contacts }: { found: Mendable; contacts: Contacts }) {
  const { kind, rows, done } = found;
  const words = repairs[kind];
  const { choices, choose } = contacts;
  const mended = rows.length === 0;
  const rest = choices.repairs.filter((other) => other !== kind);
  return (
    <li data-kind={kind}>
      <div className="what">
        {mended ? (
          <Badge tone="good" icon="check">
            {words.done(numbersOf(done))}
          </Badge>
        ) : (
          <span className="strong">{words.found(numbersOf(rows.length))}</span>
        )}
        <Examples rows={rows} />
      </div>
      <div className="row">
        {kind === 'country' && !mended && <CountryCode contacts={contacts} />}
        {mended ? (
          <Button compact onClick={() => choose({ repairs: rest })}>
            {messages.undo}
          </Button>
        ) : (
          <Button
            disabled={kind === 'country' && choices.country === ''}
            onClick={() => choose({ repairs: [...rest, kind] })}
          >
            {kind === 'country' ? messages.addCountry(choices.country) : words.button}
          </Button>
        )}
      </div>
    </li>
  );
}

/** What a repair makes of the rows: before and after. */
function Examples({ rows }: { rows: readonly Rejection[] }) {
  if (rows.length === 0) return null;
  return (
    <ul className="examples">
      {examples(rows).map(({ row, phone, repair }) => (
        <li key={row} className="mono small">
          <span className="sr-only">{messages.before} </span>
          <del>{phone}</del>
          {repair && repair.number !== '' && (
            <>
              <Icon name="right" size={12} />
              <span className="sr-only">{messages.after} </span>
              <ins>{repair.number}</ins>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function CountryCode({ contacts: { choices, choose } }: { contacts: Contacts }) {
  const [text, setText] = useState<string | null>(null);
  const wrong = text !== null && text !== '' && !/^[1-9]\d{0,2}$/.test(text);
  return (
    <label className="country">
      <span className="small">{messages.country}</span>
      <span className="prefixed">
        <span aria-hidden="true">+</span>
        <input
          className="input"
          inputMode="numeric"
          maxLength={4}
          title={wrong ? messages.countryWrong : messages.countryHint}
          aria-invalid={wrong || undefined}
          value={text ?? choices.country}
          onChange={(event) => {
            const typed = event.target.value.replace(/^\+/, '').trim();
            setText(typed);
            if (/^[1-9]\d{0,2}$/.test(typed)) choose({ country: typed });
          }}
        />
      </span>
    </label>
  );
}

function Unrepairable({ found: { detail, rows }, show }: { found: Lost; show: () => void }) {
  return (
    <li>
      <div className="what">
        <span>
          <span className="strong">{messages.rows(rows.length)}</span>: {detail}
        </span>
        <ul className="examples">
          {examples(rows)
            .filter(({ phone }) => phone.trim() !== '')
            .map(({ row, phone }) => (
              <li key={row} className="mono small">
                {phone}
              </li>
            ))}
        </ul>
      </div>
      <Button compact onClick={show}>
        {messages.showRows(rows.length)}
      </Button>
    </li>
  );
}

function Repeated({ contacts: { choices, choose }, count }: { contacts: Contacts; count: number }) {
  return (
    <li data-kind="duplicates">
      <div className="what">
        <span>{messages.duplicatesFound(count)}</span>
      </div>
      <label className="row">
        <span className="small">{messages.keep}</span>
        <select
          className="input short"
          value={choices.keep}
          onChange={(event) => choose({ keep: event.target.value === 'last' ? 'last' : 'first' })}
        >
          <option value="first">{messages.keepFirst}</option>
          <option value="last">{messages.keepLast}</option>
        </select>
      </label>
    </li>
  );
}
