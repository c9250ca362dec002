import { graphql } from '../gql';
import type { DeliveryFragment } from '../gql/graphql';

export const DeliveryFields = graphql(`
  fragment Delivery on WebhookDelivery {
    id
    eventId
    event
    status
    tries
    nextTryAt
    responseStatus
    error
    createdAt
    deliveredAt
  }
`);

export const DeliveriesById = graphql(`
  query DeliveriesById($ids: [ID!]!) {
    nodes(ids: $ids) {
      __typename
      ... on WebhookDelivery {
        ...Delivery
      }
    }
  }
`);

export type Delivery = DeliveryFragment;
