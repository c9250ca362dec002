import { useEffect, useMemo } from 'react';
import { Link } from 'wouter';
import { usePagedRows } from '../api/paged-rows';
import { SelectField } from '../components/field';
import { FailureNotice } from '../components/notice';
import { graphql } from '../gql';
import type { AgentChoicesQuery } from '../gql/graphql';
import { numbers as words } from '../messages/numbers';
import { architecture as kinds } from '../messages/words';

const AgentChoices = graphql(`
  query AgentChoices($first: Int!, $after: String) {
    viewer {
      organization {
        id
        agents(first: $first, after: $after) {
          nodes {
            id
            name
            architecture
          }
          pageInfo {
            hasNextPage
            endCursor
          }
          totalCount
        }
      }
    }
  }
`);

const variables = { first: 100 };
const pick = (data: AgentChoicesQuery) => data.viewer.organization.agents;

/** Every agent that can speak. */
export function useVoiceAgents() {
  const { rows, total, error, need, reload } = usePagedRows({ query: AgentChoices, variables, pick });
  useEffect(() => need(Number.MAX_SAFE_INTEGER), [need]);
  const agents = useMemo(() => rows.filter(({ architecture }) => architecture !== 'TEXT'), [rows]);
  return { agents, known: total !== null, error, reload };
}

type AgentFieldProps = {
  choices: ReturnType<typeof useVoiceAgents>;
  hint: string;
  error: string | undefined;
  /** The one that is assigned, which may be one that cannot speak. */
  current?: { id: string; name: string } | null | undefined;
  /** An agent's id, '' for none. */
  value: string;
  onValue: (id: string) => void;
};

/** Chooses one of the agents that can speak, or none. */
export function AgentField({ choices, hint, error, current, value, onValue }: AgentFieldProps) {
  const { agents, known } = choices;
  const unlisted = current && !agents.some(({ id }) => id === current.id);
  if (choices.error) return <FailureNotice error={choices.error} again={choices.reload} />;
  return (
    <>
      <SelectField
        label={words.agent}
        hint={[hint, words.onlyVoice].filter(Boolean).join(' ')}
        error={error}
        value={value}
        onValue={onValue}
      >
        <option value="">{words.none}</option>
        {unlisted && (
          <option value={current.id} disabled>
            {current.name}
          </option>
        )}
        {agents.map(({ id, name, architecture }) => (
          <option key={id} value={id}>
            {name} ({kinds[architecture]})
          </option>
        ))}
      </SelectField>
      {known && agents.length === 0 && (
        <p className="muted">
          {words.noVoice} <Link href="/agents/new">{words.makeAgent}</Link>
        </p>
      )}
    </>
  );
}
