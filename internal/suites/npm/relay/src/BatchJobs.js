// A list and a page as a dashboard made with Relay would have them. Only compiled, never run.
import { graphql } from 'react-relay';

export const list = graphql`
  fragment BatchJobs_organization on Organization
  @argumentDefinitions(first: { type: "Int", defaultValue: 20 }, after: { type: "String" })
  @refetchable(queryName: "BatchJobsPageQuery") {
    batchJobs(first: $first, after: $after) @connection(key: "BatchJobs_batchJobs") {
      edges {
        node {
          id
          ...BatchJobs_row
        }
      }
    }
  }
`;

export const row = graphql`
  fragment BatchJobs_row on BatchJob @refetchable(queryName: "BatchJobsRowQuery") {
    name
    status
    progress {
      version
      callsInFlight
    }
  }
`;

export const contacts = graphql`
  fragment BatchJobs_contacts on BatchJob
  @argumentDefinitions(last: { type: "Int", defaultValue: 50 }, before: { type: "String" })
  @refetchable(queryName: "BatchJobsContactsQuery") {
    contacts(last: $last, before: $before) @connection(key: "BatchJobs_contacts") {
      edges {
        node {
          id
          phone
          status
        }
      }
    }
  }
`;

export const page = graphql`
  query BatchJobsQuery($id: ID!) {
    viewer {
      organization {
        ...BatchJobs_organization
      }
    }
    node(id: $id) {
      ... on BatchJob {
        ...BatchJobs_row @alias(as: "row")
        ...BatchJobs_contacts @alias(as: "list")
      }
    }
  }
`;

export const watch = graphql`
  subscription BatchJobsProgressSubscription($id: ID!, $after: Int64) {
    batchProgress(batchJobId: $id, afterVersion: $after) {
      version
      batchJob {
        ...BatchJobs_row
      }
    }
  }
`;

export const create = graphql`
  mutation BatchJobsCreateMutation($input: CreateBatchJobInput!, $connections: [ID!]!) {
    createBatchJob(input: $input) {
      batchJob @prependNode(connections: $connections, edgeTypeName: "BatchJobEdge") {
        id
        ...BatchJobs_row
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`;
