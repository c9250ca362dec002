import { useCallback } from 'react';
import { useLocation, useSearch } from 'wouter';
import { curl } from '../api/curl';
import { useLiveQuery } from '../api/live-query';
import { useThrottledRefresh } from '../api/throttled-refresh';
import { ContactBadge, OutcomeBadge } from '../components/badge';
import { CopyButton } from '../components/copy-button';
import { Icon } from '../components/icon';
import { Instant } from '../components/instant';
import { Loaded } from '../components/loaded';
import { Notice } from '../components/notice';
import { SidePanel } from '../components/side-panel';
import { graphql } from '../gql';
import type { ContactDetailQuery } from '../gql/graphql';
import { batch as batchWords, contactsWords as words } from '../messages/batch';
import { outcomeMeaning } from '../messages/words';
import { clock, money, phone } from '../state/format';
import { Prompt } from './prompt';
import type { Batch } from './use-batch';

const ContactDetail = graphql(`
  query ContactDetail($id: ID!) {
    node(id: $id) {
      ... on Contact {
        id
        row
        phone
        name
        status
        lastOutcome
        nextAttemptAt
        customFields
        batchJob {
          id
        }
        prompt {
          text
          missing
        }
        attempts {
          id
          number
          status
          outcome
          reason
          dialed
          startedAt
          answeredAt
          endedAt
          talkSeconds
          costMicros
        }
      }
    }
  }
`);

type Detail = Extract<NonNullable<ContactDetailQuery['node']>, { phone: string }>;
const isContact = (node: ContactDetailQuery['node'] | undefined): node is Detail =>
  node !== null && node !== undefined && 'phone' in node;

type Attempt = Detail['attempts'][number];

type ContactPanelProps = { batch: Batch; id: string; live: boolean };

/** One contact beside the list: attempts, values and the prompt as spoken. */
export default function ContactPanel({ batch, id, live }: ContactPanelProps) {
  const [result, ask] = useLiveQuery({ query: ContactDetail, variables: { id } });
  const refresh = useCallback(() => ask({ requestPolicy: 'network-only' }), [ask]);
  useThrottledRefresh(live ? batch.progress.version : -1, 1_500, refresh);
  const node = result.data?.node;
  const contact = isContact(node) && node.id === id && node.batchJob.id === batch.id ? node : undefined;
  const gone = result.data !== undefined && !result.fetching && !contact;
  const title = contact ? (contact.name ?? phone(contact.phone)) : words.panel;
  return (
    <SidePanel title={title} of={id} onClose={useClose(batch)}>
      {gone ? (
        <Notice tone="warn">{words.gone}</Notice>
      ) : (
        <Loaded result={{ ...result, data: contact }} again={refresh}>
          {(contact) => <Detailed contact={contact} />}
        </Loaded>
      )}
    </SidePanel>
  );
}

/** Leads back to the list. */
function useClose(batch: Batch) {
  const [, navigate] = useLocation();
  const search = useSearch();
  return useCallback(() => {
    const parameters = new URLSearchParams(search);
    parameters.set('tab', 'contacts');
    navigate(`/batches/${encodeURIComponent(batch.id)}?${parameters}`);
  }, [navigate, search, batch.id]);
}

function Detailed({ contact }: { contact: Detail }) {
  const values = Object.entries(contact.customFields);
  return (
    <div className="stack">
      <div className="row spread">
        <span className="row">
          <span className="mono">{phone(contact.phone)}</span>
          <CopyButton text={contact.phone} label={words.copyPhone} />
        </span>
        <ContactBadge status={contact.status} />
      </div>
      <div className="row spread muted small">
        {words.fromRow(contact.row)}
        <CopyButton text={curl(ContactDetail, { id: contact.id })} label={batchWords.copyCurl} />
      </div>
      <section className="stack tight">
        <h3>{words.attempts}</h3>
        {contact.attempts.length === 0 && <p className="muted">{words.noAttempts}</p>}
        <ol className="timeline">
          {contact.attempts.map((attempt) => (
            <AttemptLine key={attempt.id} attempt={attempt} />
          ))}
          {contact.status === 'PENDING' && contact.nextAttemptAt && contact.attempts.length > 0 && (
            <li className="next">
              <span className="dot" />
              <div>
                {words.nextTry} <Instant at={contact.nextAttemptAt} />
              </div>
            </li>
          )}
        </ol>
      </section>
      <section className="stack tight">
        <h3>{words.variables}</h3>
        {values.length === 0 && <p className="muted">{words.noVariables}</p>}
        <dl className="values">
          {values.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section className="stack tight">
        <h3>{words.prompt}</h3>
        {contact.prompt.missing.length > 0 && (
          <Notice tone="warn">{words.missing(contact.prompt.missing.join(', '))}</Notice>
        )}
        <Prompt {...contact.prompt} />
      </section>
    </div>
  );
}

function AttemptLine({ attempt }: { attempt: Attempt }) {
  const { number, outcome, reason, dialed, startedAt, endedAt, talkSeconds, costMicros } = attempt;
  return (
    <li>
      <span className="dot" />
      <div className="stack tight">
        <div className="row spread">
          <span className="strong">{words.attempt(number)}</span>
          {outcome ? (
            <OutcomeBadge outcome={outcome} />
          ) : (
            <span className="badge accent">
              <Icon name="phone" size={13} />
              {words.inProgress}
            </span>
          )}
        </div>
        <div className="muted small">
          <Instant at={startedAt ?? endedAt} />
          {talkSeconds > 0 && ` · ${words.talked(clock(talkSeconds))}`}
          {costMicros > 0 && ` · ${money(costMicros)}`}
          {outcome && !dialed && ` · ${words.notCounted}`}
        </div>
        {outcome && <div className="small">{outcomeMeaning[outcome]}</div>}
        {reason && <div className="muted small mono">{words.carrierSaid(reason)}</div>}
      </div>
    </li>
  );
}
