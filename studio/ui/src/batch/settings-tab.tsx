import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { useLiveQuery } from '../api/live-query';
import { Button } from '../components/button';
import { Copyable } from '../components/copy-button';
import { Instant } from '../components/instant';
import { Loaded } from '../components/loaded';
import { graphql } from '../gql';
import type { BatchAction } from '../gql/words';
import { settingsWords as words } from '../messages/batch';
import { count, money, phone, zoneCity } from '../state/format';
import { ActionDialog } from './action-dialog';
import { Prompt } from './prompt';
import { RejectedRows } from './rejected-rows';
import { allowed, type Batch } from './use-batch';
import { windowText } from './waiting';

const BatchPrompt = graphql(`
  query BatchPrompt($id: ID!) {
    batchJob(id: $id) {
      id
      systemPrompt
      variables {
        name
        present
        missingCount
      }
    }
  }
`);

/** How the batch was made and what can be changed about it. */
export default function SettingsTab({ batch }: { batch: Batch }) {
  const [asking, setAsking] = useState<BatchAction | null>(null);
  const change = (action: BatchAction) =>
    allowed(batch, action).allowed && (
      <Button compact icon="edit" onClick={() => setAsking(action)}>
        {words.change}
      </Button>
    );
  return (
    <div className="stack narrow">
      <div className="settings-grid">
        <Facts title={words.dialing} actions={change('UPDATE')}>
          <Fact name={words.limit}>{count(batch.concurrentCallLimit)}</Fact>
          <Fact name={words.attempts}>{count(batch.maxAttempts)}</Fact>
          <Fact name={words.start}>
            <span className="row">
              {batch.scheduledStartTime ? <Instant at={batch.scheduledStartTime} /> : words.startNow}
              {change('RESCHEDULE')}
            </span>
          </Fact>
          <Fact name={words.zone}>{zoneCity(batch.timezone)}</Fact>
          <Fact name={words.window}>
            {batch.callWindow ? windowText(batch.callWindow) : words.windowAlways}
          </Fact>
          <Fact name={words.number}>
            <Link href="/numbers">{phone(batch.phoneNumber.number)}</Link> {batch.phoneNumber.label}
          </Fact>
          <Fact name={words.agent}>
            <Link href={`/agents/${encodeURIComponent(batch.agent.id)}`}>{batch.agent.name}</Link>
          </Fact>
        </Facts>
        <Facts title={words.about} actions={change('UPDATE')}>
          <Fact name={words.name}>{batch.name}</Fact>
          <Fact name={words.description}>{batch.description || words.noDescription}</Fact>
          <Fact name={words.created}>
            <Instant at={batch.createdAt} />
          </Fact>
          <Fact name={words.id}>
            <Copyable text={batch.id} label={words.id} />
          </Fact>
          <Fact name={words.expected}>{money(batch.estimate.costMicros)}</Fact>
          <Fact name={words.worst}>{money(batch.estimate.worstCaseCostMicros)}</Fact>
          <Fact name={words.duration}>{batch.estimate.duration}</Fact>
        </Facts>
      </div>
      <Upload batch={batch} />
      <AgentPrompt id={batch.id} />
      {asking && <ActionDialog action={asking} batch={batch} onClose={() => setAsking(null)} />}
    </div>
  );
}

function Facts({ title, actions, children }: { title: string; actions: ReactNode; children: ReactNode }) {
  return (
    <section className="panel stack tight">
      <div className="row spread">
        <h2>{title}</h2>
        {actions}
      </div>
      <dl className="values">{children}</dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Upload({ batch }: { batch: Batch }) {
  const { totalContacts, rejectedContacts, duplicateContacts, blankRows } = batch;
  const rows = totalContacts + rejectedContacts + duplicateContacts + blankRows;
  return (
    <section className="panel stack tight">
      <h2>{words.upload}</h2>
      <p>{words.uploadSum(rows, totalContacts, rejectedContacts, duplicateContacts, blankRows)}</p>
      {rejectedContacts + duplicateContacts > 0 && <RejectedRows id={batch.id} />}
    </section>
  );
}

function AgentPrompt({ id }: { id: string }) {
  const [result, ask] = useLiveQuery({ query: BatchPrompt, variables: { id } });
  return (
    <section className="panel stack tight">
      <h2>{words.prompt}</h2>
      <p className="muted small">{words.promptHint}</p>
      <Loaded result={{ ...result, data: result.data?.batchJob }} again={ask} lines={3}>
        {({ systemPrompt, variables }) => (
          <Prompt text={systemPrompt} missing={variables.map(({ name }) => name)} />
        )}
      </Loaded>
    </section>
  );
}
