import { graphql } from '../gql';
import type { NumberRowFragment, NumbersQuery as NumbersData } from '../gql/graphql';

export const NumberRowFields = graphql(`
  fragment NumberRow on PhoneNumber {
    id
    number
    label
    openBatchJobs
    createdAt
    outboundAgent {
      id
      name
      architecture
    }
  }
`);

export const NumbersQuery = graphql(`
  query Numbers($first: Int!, $after: String) {
    viewer {
      organization {
        id
        phoneNumbers(first: $first, after: $after) {
          nodes {
            ...NumberRow
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

export type NumberRow = NumberRowFragment;

export const pickNumbers = (data: NumbersData) => data.viewer.organization.phoneNumbers;
