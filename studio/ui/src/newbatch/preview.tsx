import { useMemo, useState } from 'react';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { SearchBox } from '../components/search-box';
import { newBatch as messages } from '../messages/newbatch';
import { common } from '../messages/shell';
import { phone } from '../state/format';
import type { Contacts, LocalCheck } from './contacts-state';
import type { Agent } from './numbers';
import { type Piece, promptVariables, renderPrompt } from './prompt';
import type { Contact } from './reading/check';
import { isEmpty, ValueReader } from './reading/values';

type Order = keyof typeof messages.orders;

type PreviewProps = { agent: Agent; contacts: Contacts; onClose: () => void };

/** The prompt with the values of one contact after the other. */
export function Preview({ agent, contacts, onClose }: PreviewProps) {
  const [order, setOrder] = useState<Order>('missing');
  const [words, setWords] = useState('');
  const [place, setPlace] = useState(0);
  const found = useFound(agent, contacts.local, order, words);
  const contact = found?.people[Math.min(place, found.people.length - 1)];
  const reader = found?.reader;
  const go = (step: number) => found && setPlace((place + step + found.people.length) % found.people.length);
  return (
    <Dialog
      title={messages.previewTitle}
      wide
      onClose={onClose}
      actions={<Button onClick={onClose}>{common.close}</Button>}
    >
      {!found && <p className="muted">{messages.previewNobody}</p>}
      {found && (
        <div className="row">
          <SearchBox
            label={messages.searchContact}
            value={words}
            onValue={(value) => {
              setWords(value);
              setPlace(0);
            }}
          />
          <select
            className="input short"
            aria-label={messages.order}
            value={order}
            onChange={(event) => {
              setOrder(event.target.value as Order);
              setPlace(0);
            }}
          >
            {Object.entries(messages.orders).map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </div>
      )}
      {found && !contact && <p className="muted">{messages.noContact}</p>}
      {contact && (
        <div className="row spread">
          <span>
            <span className="strong">{contact.name || phone(contact.phone)}</span>{' '}
            <span className="muted">{contact.name && phone(contact.phone)}</span>
          </span>
          <span className="row">
            <span className="muted small">{messages.previewOf(place + 1, found?.people.length ?? 0)}</span>
            <Button compact icon="left" aria-label={messages.previous} onClick={() => go(-1)} />
            <Button compact icon="right" aria-label={messages.next} onClick={() => go(1)} />
          </span>
        </div>
      )}
      {(!found || contact) && (
        <Spoken
          pieces={renderPrompt(agent.systemPrompt, contact && reader ? reader.of(contact) : new Map())}
        />
      )}
    </Dialog>
  );
}

type Found = { people: Contact[]; reader: ValueReader };

/** The contacts that fit the words, in the wanted order; null when there are none at all. */
function useFound(agent: Agent, local: LocalCheck | null, order: Order, words: string): Found | null {
  const all = useMemo(() => {
    if (!local || local.checked.contacts.length === 0 || local.checked.fault) return null;
    const reader = new ValueReader(local.table, local.choices);
    const names = promptVariables(agent.systemPrompt);
    const people = local.checked.contacts.map((contact) => {
      const values = reader.of(contact);
      const missing = names.filter((name) => isEmpty(values.get(name))).length;
      const size = names.reduce((sum, name) => sum + (values.get(name)?.length ?? 0), 0);
      return { contact, missing, size };
    });
    return { reader, people };
  }, [agent, local]);
  return useMemo(() => {
    if (!all) return null;
    const wanted = words.trim().toLowerCase();
    const digits = wanted.replace(/[^\d]/g, '');
    const fits = ({ name, phone }: Contact) =>
      wanted === '' || name.toLowerCase().includes(wanted) || (digits !== '' && phone.includes(digits));
    const found = all.people.filter(({ contact }) => fits(contact));
    if (order === 'missing') found.sort((a, b) => b.missing - a.missing);
    if (order === 'longest') found.sort((a, b) => b.size - a.size);
    return { reader: all.reader, people: found.map(({ contact }) => contact) };
  }, [all, order, words]);
}

function Spoken({ pieces }: { pieces: Piece[] }) {
  const missing = new Set(pieces.flatMap((piece) => (isMissing(piece) ? [`{{${piece.name}}}`] : [])));
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: long prompts are scrolled with the keyboard */}
      <section className="prompt" tabIndex={0} aria-label={messages.previewTitle}>
        {pieces.map((piece, at) =>
          piece.kind === 'text' ? (
            piece.text
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no other name
            <mark key={at} className={isMissing(piece) ? 'missing' : undefined} title={piece.name}>
              {piece.text === '' ? `{{${piece.name}}}` : piece.text}
            </mark>
          ),
        )}
      </section>
      {missing.size > 0 && (
        <p className="warn-text small">{messages.missingValues([...missing].join(', '))}</p>
      )}
    </>
  );
}

const isMissing = (piece: Piece): piece is Exclude<Piece, { kind: 'text' }> =>
  piece.kind === 'missing' || (piece.kind === 'value' && isEmpty(piece.text));
