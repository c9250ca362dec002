import { type DragEvent, useEffect, useRef, useState } from 'react';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { TextAreaField } from '../components/field';
import { Icon } from '../components/icon';
import { Notice } from '../components/notice';
import { newBatch as messages } from '../messages/newbatch';
import { common } from '../messages/shell';
import type { Contacts } from './contacts-state';
import { download, fileSize } from './download';

type WhoProps = { contacts: Contacts; variables: readonly string[]; error: string | undefined };

/** The first section: where the contacts come from. */
export function Who({ contacts, variables, error }: WhoProps) {
  const { source, reading, failure } = contacts;
  return (
    <section className="panel stack" aria-labelledby="who">
      <h2 id="who">
        <span className="step">1</span> {messages.who}
      </h2>
      <DropZone contacts={contacts} variables={variables} />
      {reading && (
        <p className="row muted" role="status">
          <span className="spinner" /> {messages.reading}
        </p>
      )}
      {source && !reading && <SourceLine contacts={contacts} />}
      {contacts.note && <Notice tone="good" announce title={contacts.note} />}
      {failure && <Notice tone="bad" announce title={messages.unreadable(failure)} />}
      {error && <Notice tone="bad" announce title={error} />}
    </section>
  );
}

function DropZone({ contacts, variables }: Omit<WhoProps, 'error'>) {
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [pasting, setPasting] = useState(false);
  usePaste(contacts);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    const file = event.dataTransfer.files[0];
    const text = event.dataTransfer.getData('text/plain');
    if (file) contacts.readFile(file);
    else if (text) contacts.readText(text);
  };
  const template = ['phone', 'name', ...variables.filter((name) => name !== 'phone' && name !== 'name')];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping has its twin in the button inside
    <div
      className={`drop${over ? ' over' : ''}${contacts.source ? ' small' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Icon name="upload" size={contacts.source ? 18 : 28} />
      <p>
        <span className="strong">{over ? messages.dropNow : messages.dropHere}</span>
        <span className="muted small keys">{messages.dropKeys}</span>
      </p>
      <div className="row">
        <Button
          look={contacts.source ? 'plain' : 'primary'}
          icon="file"
          onClick={() => input.current?.click()}
        >
          {contacts.source ? messages.replace : messages.chooseFile}
        </Button>
        <Button icon="copy" onClick={() => setPasting(true)}>
          {messages.pasteRows}
        </Button>
        <Button
          look="quiet"
          icon="download"
          title={messages.templateHint}
          onClick={() => download('contacts-template.csv', `\ufeff${template.map(quoted).join(',')}\r\n`)}
        >
          {messages.template}
        </Button>
      </div>
      <input
        ref={input}
        type="file"
        hidden
        data-part="file"
        aria-label={messages.chooseFile}
        accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = ''; // so that the same file can be chosen again
          if (file) contacts.readFile(file);
        }}
      />
      {pasting && <PasteDialog contacts={contacts} onClose={() => setPasting(false)} />}
    </div>
  );
}

const quoted = (name: string) => (/[",\r\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

/** Takes what is pasted anywhere on the page but in a field. */
function usePaste(contacts: Contacts) {
  const latest = useRef(contacts);
  useEffect(() => {
    latest.current = contacts;
  });
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const { target, clipboardData } = event;
      const field = target instanceof Element && target.closest('input, textarea, select, dialog');
      if (field || !clipboardData || document.querySelector('dialog:modal')) return;
      const file = clipboardData.files[0];
      const text = clipboardData.getData('text/plain');
      if (text.trim() !== '') latest.current.readText(text);
      else if (file) latest.current.readFile(file);
      else return;
      event.preventDefault();
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, []);
}

function PasteDialog({ contacts, onClose }: { contacts: Contacts; onClose: () => void }) {
  const [text, setText] = useState('');
  return (
    <Dialog
      title={messages.pasteTitle}
      wide
      onClose={onClose}
      onSubmit={() => {
        if (text.trim() === '') return;
        contacts.readText(text);
        onClose();
      }}
      actions={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button look="primary" type="submit" disabled={text.trim() === ''}>
            {messages.pasteUse}
          </Button>
        </>
      }
    >
      <TextAreaField
        label={messages.pasteField}
        hint={messages.pasteHint}
        value={text}
        onValue={setText}
        rows={10}
        spellCheck={false}
        autoFocus
      />
    </Dialog>
  );
}

function SourceLine({ contacts: { source, remove } }: { contacts: Contacts }) {
  if (!source) return null;
  const facts = [
    source.table && messages.rows(source.table.rows.length),
    fileSize(source.size),
    source.form,
  ].filter(Boolean);
  return (
    <div className="row spread source">
      <span className="row">
        <Icon name="file" />
        <span className="strong">{source.name}</span>
        <span className="muted small">{facts.join(' · ')}</span>
      </span>
      <Button look="quiet" compact icon="cross" onClick={remove}>
        {messages.remove}
      </Button>
    </div>
  );
}
