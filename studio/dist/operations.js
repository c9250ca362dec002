// Everything the page asks of the server. A Go test checks each document
// against the schema.

const PROGRESS = `
  version
  status
  total
  contacts { pending dialing completed failed cancelled }
  outcomes { outcome count }
  callsInFlight
  eta { low high }
  spentMicros
  waitingFor
  occurredAt
`;

export const OVERVIEW = `
  query Overview {
    viewer {
      organization {
        name
        concurrentCallLimit
        callsInFlight
        carrier { name simulated }
        credits { availableMicros heldMicros }
        phoneNumbers(first: 100) { nodes { id outboundAgent { id } } }
        batchJobs(first: 20) {
          nodes {
            id
            name
            createdAt
            startedAt
            endedAt
            scheduledStartTime
            phoneNumber { number }
            agent { name }
            estimate { costMicros }
            progress { ${PROGRESS} }
          }
        }
      }
    }
  }
`;

export const CREATE = `
  mutation Create($input: CreateBatchJobInput!) {
    createBatchJob(input: $input) {
      batchJob { id }
      userErrors { message }
    }
  }
`;

export const WATCH = `
  subscription Watch($id: ID!, $afterVersion: Int64) {
    batchProgress(batchJobId: $id, afterVersion: $afterVersion) { ${PROGRESS} }
  }
`;
