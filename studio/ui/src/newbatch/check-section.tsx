import { Button } from '../components/button';
import { Icon } from '../components/icon';
import { FailureNotice } from '../components/notice';
import { newBatch as messages } from '../messages/newbatch';
import { count, useInstants } from '../state/format';
import { Columns } from './columns';
import type { Contacts } from './contacts-state';
import { FaultNotice } from './fault-notice';
import { Files } from './files';
import { Problems } from './problems';
import type { ServerCheck } from './server-check';
import { Variables } from './variables';

export type Counts = { rows: number; ready: number; rejected: number; duplicates: number; blank: number };

type CheckSectionProps = {
  contacts: Contacts;
  server: ServerCheck;
  /** What the server says now of exactly this; null when it has not yet. */
  counts: Counts | null;
  variables: readonly string[];
};

/** The second section: what is in the contacts, and what to do about what cannot be called. */
export function CheckSection({ contacts, server, counts, variables }: CheckSectionProps) {
  const { source, local } = contacts;
  if (!source) {
    return (
      <section className="panel stack tight" aria-labelledby="check">
        <h2 id="check">
          <span className="step idle">2</span> {messages.check}
        </h2>
        <p className="muted">{messages.nothingToCheck}</p>
      </section>
    );
  }
  const checked = local?.checked;
  return (
    <section className="panel stack" aria-labelledby="check" data-part="check">
      <div className="row spread wide">
        <h2 id="check">
          <span className="step">2</span> {messages.check}
        </h2>
        <CheckedBy contacts={contacts} server={server} />
      </div>
      {source.fault && <FaultNotice fault={source.fault} contacts={contacts} />}
      {source.table && local && checked && (
        <>
          {checked.fault && <FaultNotice fault={checked.fault} contacts={contacts} />}
          {addsUp(localCounts(contacts)) && <Sum local={localCounts(contacts)} server={counts} />}
          {server.failure && <FailureNotice error={server.failure} again={server.again} />}
          <Columns contacts={contacts} local={local} variables={variables} />
          <Problems contacts={contacts} local={local} />
          <Variables contacts={contacts} local={local} names={variables} />
          <Files contacts={contacts} local={local} />
        </>
      )}
    </section>
  );
}

/** What the check in this browser counts. */
export function localCounts({ local }: Contacts): Counts {
  const checked = local?.checked;
  return {
    rows: checked?.rows ?? 0,
    ready: checked?.contacts.length ?? 0,
    rejected: checked?.rejections.length ?? 0,
    duplicates: checked?.duplicates.length ?? 0,
    blank: checked?.blank ?? 0,
  };
}

/** Whether every row was looked at, which a fault of the whole file may forbid. */
const addsUp = ({ rows, ready, rejected, duplicates, blank }: Counts) =>
  ready + rejected + duplicates + blank === rows;

/** The counts as a sum. Once the server has spoken they are the server's. */
function Sum({ local, server }: { local: Counts; server: Counts | null }) {
  const shown = server ?? local;
  const differs = server !== null && JSON.stringify(server) !== JSON.stringify(local);
  const parts = ['ready', 'rejected', 'duplicates', 'blank'] as const;
  return (
    <div className="stack tight">
      <dl className="sum" data-part="sum" data-by={server ? 'server' : 'here'}>
        <div>
          <dt>{messages.sum.rows(shown.rows)}</dt>
          <dd>{count(shown.rows)}</dd>
        </div>
        {parts.map((part, at) => (
          <div key={part} className={shown[part] > 0 ? part : 'none'}>
            <span className="sign" aria-hidden="true">
              {at === 0 ? '=' : '+'}
            </span>
            <dt>{messages.sum[part](shown[part])}</dt>
            <dd>{count(shown[part])}</dd>
          </div>
        ))}
      </dl>
      {differs && (
        <p className="row nowrap-row small warn-text">
          <Icon name="warning" size={14} /> {messages.serverDiffers}
        </p>
      )}
    </div>
  );
}

function CheckedBy({ contacts, server }: { contacts: Contacts; server: ServerCheck }) {
  const instants = useInstants();
  const { local } = contacts;
  if (!local) return null;
  return (
    <ul className="row wide small checked-by">
      <li className="row">
        <Icon name="check" size={14} />{' '}
        <span data-part="local-check">{messages.checkedHere(local.seconds)}</span>
      </li>
      {server.waiting ? (
        <li className="row muted">
          <span className="spinner" /> {messages.serverWaiting}
        </li>
      ) : (
        server.answer && (
          <li className="row" data-part="server-check">
            <Icon name="check" size={14} />
            {messages.checkedByServer(instants.time(new Date(server.at)))}
            <Button
              look="quiet"
              compact
              icon="retry"
              aria-label={messages.checkAgain}
              title={messages.checkAgain}
              onClick={server.again}
            />
          </li>
        )
      )}
    </ul>
  );
}
