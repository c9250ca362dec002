import { graphql } from '../gql';
import type { EndpointFragment } from '../gql/graphql';
import type { WebhookEventType } from '../gql/words';

export const EndpointFields = graphql(`
  fragment Endpoint on WebhookEndpoint {
    id
    url
    description
    events
    enabled
    disabledReason
    secretPrefix
    previousSecretUntil
    createdAt
  }
`);

export type Endpoint = EndpointFragment;

/** What an endpoint can ask for; a ping it is sent when somebody wants it. */
export const EVENTS: WebhookEventType[] = [
  'BATCH_STARTED',
  'BATCH_PAUSED',
  'BATCH_COMPLETED',
  'BATCH_FAILED',
  'BATCH_CANCELLED',
  'CONTACT_COMPLETED',
  'CONTACT_FAILED',
];
