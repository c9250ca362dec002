import { useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { Problems } from '../account/form-dialog';
import { ReadOnly } from '../account/rights';
import { type Change, useChange } from '../api/change';
import { useAdmin } from '../api/viewer';
import { Badge } from '../components/badge';
import { Button, ButtonLink } from '../components/button';
import { Copyable } from '../components/copy-button';
import { Check, TextField } from '../components/field';
import { Instant } from '../components/instant';
import { Notice } from '../components/notice';
import { PageHeader } from '../components/page-header';
import { toast } from '../components/toast';
import { graphql } from '../gql';
import type { AgentQuery } from '../gql/graphql';
import type { AgentArchitecture } from '../gql/words';
import { agents as words } from '../messages/agents';
import { architecture as kinds } from '../messages/words';
import { promptVariables } from '../newbatch/prompt';
import { count, exactMoney, phone } from '../state/format';
import { LeaveGuard } from './leave-guard';
import { usePrices } from './prices';
import { PromptEditor } from './prompt-editor';
import { PromptPreview } from './prompt-preview';
import '../account/account.css';

const CreateAgent = graphql(`
  mutation CreateAgent($input: CreateAgentInput!) {
    createAgent(input: $input) {
      agent {
        ...AgentRow
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const UpdateAgent = graphql(`
  mutation UpdateAgent($input: UpdateAgentInput!) {
    updateAgent(input: $input) {
      agent {
        ...AgentRow
        systemPrompt
        updatedAt
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

type Agent = Extract<NonNullable<AgentQuery['node']>, { __typename: 'Agent' }>;

type Draft = { name: string; architecture: AgentArchitecture; systemPrompt: string };

const EMPTY: Draft = { name: '', architecture: 'PIPELINE', systemPrompt: '' };
const FIELDS = ['name', 'architecture', 'systemPrompt'];
const KINDS: AgentArchitecture[] = ['PIPELINE', 'REALTIME', 'TEXT'];

const draftOf = ({ name, architecture, systemPrompt }: Draft): Draft => ({
  name,
  architecture,
  systemPrompt,
});

const same = (a: Draft, b: Draft) =>
  a.name === b.name && a.architecture === b.architecture && a.systemPrompt === b.systemPrompt;

/** Everything about saving: what was saved last, and what is to be. */
function useDraft(agent: Agent | null) {
  const [, navigate] = useLocation();
  const [saved, setSaved] = useState<Draft>(agent ? draftOf(agent) : EMPTY);
  const [draft, setDraft] = useState(saved);
  const [madeId, setMadeId] = useState('');
  const create = useChange(CreateAgent, (data) => data.createAgent, FIELDS);
  const update = useChange(UpdateAgent, (data) => data.updateAgent, FIELDS);
  const dirty = !same(draft, saved);

  // Somebody else may have saved it meanwhile; what is being written stays.
  const read = agent && draftOf(agent);
  const [seen, setSeen] = useState(read);
  if (read && seen && !same(read, seen)) {
    setSeen(read);
    setSaved(read);
    if (!dirty) setDraft(read);
  }

  // Once nothing is unsaved, so that nobody is asked.
  useEffect(() => {
    if (madeId) navigate(`/agents/${encodeURIComponent(madeId)}`, { replace: true });
  }, [madeId, navigate]);

  const submit = async () => {
    const done = agent ? await update.run({ agentId: agent.id, ...draft }) : await create.run(draft);
    if (!done?.agent) return;
    const now = { ...draft, name: done.agent.name };
    setSaved(now);
    setDraft(now);
    toast(agent ? words.saved(now.name) : words.created(now.name));
    if (!agent) setMadeId(done.agent.id);
  };
  const change: Change<never, unknown> = agent ? update : create;
  return {
    saved,
    draft,
    set: (part: Partial<Draft>) => setDraft({ ...draft, ...part }),
    reset: () => setDraft(saved),
    dirty,
    change,
    submit,
  };
}

/** Makes an agent, or changes one. */
export function AgentEditor({ agent }: { agent: Agent | null }) {
  const { saved, draft, set, reset, dirty, change, submit } = useDraft(agent);
  const { may, why } = useAdmin();
  return (
    <>
      <LeaveGuard dirty={dirty} />
      <form
        className="stack narrow"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <PageHeader
          title={agent ? saved.name : words.newTitle}
          parent={{ href: '/agents', label: words.title }}
          beside={
            dirty &&
            agent && (
              <Badge tone="warn" icon="edit">
                {words.unsaved}
              </Badge>
            )
          }
          actions={
            <>
              {dirty && agent && <Button onClick={reset}>{words.discard}</Button>}
              <Button
                type="submit"
                look="primary"
                busy={change.busy}
                disabled={!may || (agent !== null && !dirty)}
                title={why}
              >
                {agent ? words.save : words.create}
              </Button>
            </>
          }
        />
        <ReadOnly />
        <Problems change={change} />
        <div className="agent-page">
          <div className="stack">
            <TextField
              label={words.name}
              hint={words.nameHint}
              error={change.at('name')}
              name="name"
              autoComplete="off"
              readOnly={!may}
              value={draft.name}
              onValue={(name) => set({ name })}
            />
            <Architecture
              value={draft.architecture}
              disabled={!may}
              onValue={(architecture) => set({ architecture })}
            />
            <PromptEditor
              value={draft.systemPrompt}
              error={change.at('systemPrompt')}
              readOnly={!may}
              onValue={(systemPrompt) => set({ systemPrompt })}
            />
            <Found prompt={draft.systemPrompt} />
          </div>
          <div className="stack">
            {agent && <Effect agent={agent} saved={saved} draft={draft} />}
            <PromptPreview prompt={draft.systemPrompt} />
            {agent && <About agent={agent} />}
          </div>
        </div>
      </form>
    </>
  );
}

type ArchitectureProps = {
  value: AgentArchitecture;
  disabled: boolean;
  onValue: (architecture: AgentArchitecture) => void;
};

function Architecture({ value, disabled, onValue }: ArchitectureProps) {
  const prices = usePrices();
  return (
    <fieldset className="stack tight">
      <legend className="strong">{words.architecture}</legend>
      {KINDS.map((kind) => {
        const price = prices.get(kind);
        return (
          <Check
            key={kind}
            group="architecture"
            label={kinds[kind]}
            hint={[words.kindMeaning[kind], price && words.priceOf(exactMoney(price))]
              .filter(Boolean)
              .join(' ')}
            disabled={disabled}
            checked={value === kind}
            onChecked={() => onValue(kind)}
          />
        );
      })}
    </fieldset>
  );
}

function Found({ prompt }: { prompt: string }) {
  const names = promptVariables(prompt);
  return (
    <div className="row spread small">
      <span className="row">
        <span className="muted">{words.found(names.length)}</span>
        <span className="tags wrap" data-variables>
          {names.map((name) => (
            <code key={name}>{name}</code>
          ))}
        </span>
      </span>
      <span className="muted">{words.characters(count([...prompt].length))}</span>
    </div>
  );
}

/** What saving would change, and for whom. */
function Effect({ agent, saved, draft }: { agent: Agent; saved: Draft; draft: Draft }) {
  const open = agent.numbers.reduce((sum, { openBatchJobs }) => sum + openBatchJobs, 0);
  if (same(saved, draft)) return null;
  const kind = draft.architecture !== saved.architecture;
  return (
    <Notice tone={kind ? 'warn' : 'info'} title={words.effect}>
      <ul className="stack tight">
        {kind && <li>{draft.architecture === 'TEXT' ? words.effectText : words.effectPrice}</li>}
        <li>{words.effectNew}</li>
        <li>{words.effectOpen(open)}</li>
      </ul>
    </Notice>
  );
}

function About({ agent }: { agent: Agent }) {
  return (
    <section className="panel stack">
      <h2>{words.speaksFrom}</h2>
      {agent.phoneNumbers.length === 0 ? (
        <p className="muted">{words.speaksNowhere}</p>
      ) : (
        <ul className="stack tight">
          {agent.phoneNumbers.map(({ id, number, label }) => (
            <li key={id}>
              <span className="mono">{phone(number)}</span> <span className="muted">{label}</span>
            </li>
          ))}
        </ul>
      )}
      <div>
        <ButtonLink href="/numbers" icon="number" compact>
          {words.toNumbers}
        </ButtonLink>
      </div>
      <dl className="facts">
        <dt>{words.changed}</dt>
        <dd>
          <Instant at={agent.updatedAt} />
        </dd>
        <dt>{words.id}</dt>
        <dd>
          <Copyable text={agent.id} label={words.id} />
        </dd>
      </dl>
    </section>
  );
}
