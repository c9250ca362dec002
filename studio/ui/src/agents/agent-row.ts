import { graphql } from '../gql';
import type { AgentRowFragment } from '../gql/graphql';

export const AgentRowFields = graphql(`
  fragment AgentRow on Agent {
    id
    name
    architecture
    variables
    pricePerCallMicros
    phoneNumbers {
      id
      number
      label
    }
  }
`);

export type AgentRow = AgentRowFragment;
