import { graphql } from '../gql';

/** What the form chooses from. */
export const choicesQuery = graphql(`
  query NewBatchChoices($after: String) {
    viewer {
      organization {
        id
        concurrentCallLimit
        callsInFlight
        carrier {
          simulated
        }
        phoneNumbers(first: 100, after: $after) {
          nodes {
            id
            number
            label
            outboundAgent {
              id
              name
              architecture
              systemPrompt
              variables
              pricePerCallMicros
            }
          }
          pageInfo {
            hasNextPage
            endCursor
          }
        }
      }
    }
  }
`);

export const startQuery = graphql(`
  query NewBatchStart($local: String!, $timezone: String!) {
    resolveStartTime(local: $local, timezone: $timezone) {
      instant
      offsetMinutes
      kind
      userErrors {
        message
      }
    }
  }
`);

/** What a batch is begun with that is like another. */
export const cloneQuery = graphql(`
  query NewBatchFrom($id: ID!) {
    batchJob(id: $id) {
      id
      name
      description
      phoneNumber {
        id
      }
      concurrentCallLimit
      maxAttempts
      timezone
      callWindow {
        days
        opens
        closes
        timezone
      }
      totalContacts
    }
  }
`);

export const estimateMutation = graphql(`
  mutation EstimateNewBatch($input: CreateBatchJobInput!) {
    estimateBatchJob(input: $input) {
      estimate {
        costMicros
        worstCaseCostMicros
        durationSeconds
        effectiveConcurrentCallLimit
        at10: durationSecondsAt(concurrentCallLimit: 10)
        at20: durationSecondsAt(concurrentCallLimit: 20)
        at50: durationSecondsAt(concurrentCallLimit: 50)
      }
      totalContacts
      rejectedContacts
      duplicateContacts
      blankRows
      startsAt
      credits {
        availableMicros
        remainingMicros
        missingMicros
        worstCaseMissingMicros
        affordableContacts
      }
      warnings {
        code
        message
      }
      userErrors {
        code
        message
        path
        row
      }
    }
  }
`);

export const createMutation = graphql(`
  mutation CreateBatch($input: CreateBatchJobInput!) {
    createBatchJob(input: $input) {
      batchJob {
        id
        name
        status
      }
      replayed
      userErrors {
        code
        message
        path
        row
      }
    }
  }
`);
