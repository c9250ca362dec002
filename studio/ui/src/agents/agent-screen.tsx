import { useParams } from 'wouter';
import { useLiveQuery } from '../api/live-query';
import { Loaded } from '../components/loaded';
import { graphql } from '../gql';
import { NotFound } from '../shell/not-found';
import { AgentEditor } from './agent-editor';

const Agent = graphql(`
  query Agent($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on Agent {
        ...AgentRow
        systemPrompt
        createdAt
        updatedAt
        numbers: phoneNumbers {
          id
          openBatchJobs
        }
      }
    }
  }
`);

/** One agent. */
export default function AgentScreen() {
  const { id = '' } = useParams();
  const [result, ask] = useLiveQuery({ query: Agent, variables: { id } });
  return (
    <Loaded result={result} again={ask}>
      {({ node }) => (node?.__typename === 'Agent' ? <AgentEditor key={id} agent={node} /> : <NotFound />)}
    </Loaded>
  );
}
