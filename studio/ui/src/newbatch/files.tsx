import { useState } from 'react';
import { Button } from '../components/button';
import { newBatch as messages } from '../messages/newbatch';
import type { Contacts, LocalCheck } from './contacts-state';
import { download } from './download';
import { changes, type Rejection } from './reading/check';
import { rejectedFile, restFile, sentFile } from './reading/write';
import { RowsDialog } from './rows-dialog';

/** What can be looked at row by row, or kept as a file. */
export function Files({ contacts, local }: { contacts: Contacts; local: LocalCheck }) {
  const [shown, setShown] = useState<Rejection[] | null>(null);
  const { checked, table, choices } = local;
  const { rejections, duplicates, left, fault } = checked;
  const name = contacts.source?.name.replace(/\.[a-z]{1,4}$/i, '') ?? 'contacts';
  const bad = rejections.length + duplicates.length;
  const unusable = fault !== null && fault.code !== 'no_valid_contacts';
  if (unusable || (bad === 0 && left === 0 && !changes(choices))) return null;
  return (
    <div className="stack tight">
      <div className="row">
        {rejections.length > 0 && (
          <Button onClick={() => setShown(rejections)}>{messages.showRejected}</Button>
        )}
        {bad > 0 && (
          <Button
            icon="download"
            title={messages.rejectedHint}
            onClick={() => download(`${name}-rejected.csv`, rejectedFile(table, choices, checked))}
          >
            {messages.downloadRejected}
          </Button>
        )}
        {changes(choices) && (
          <Button icon="download" onClick={() => download(`${name}-repaired.csv`, sentFile(table, choices))}>
            {messages.downloadRepaired}
          </Button>
        )}
        {left > 0 && (
          <Button
            icon="download"
            onClick={() => download(`${name}-rest.csv`, restFile(table, table.rows.length - left))}
          >
            {messages.downloadRest}
          </Button>
        )}
      </div>
      {bad > 0 && <p className="muted small">{messages.rejectedHint}</p>}
      {left > 0 && <p className="small">{messages.restLeft(left)}</p>}
      {shown && (
        <RowsDialog
          title={messages.showRejected}
          rows={shown}
          contacts={contacts}
          onClose={() => setShown(null)}
        />
      )}
    </div>
  );
}
