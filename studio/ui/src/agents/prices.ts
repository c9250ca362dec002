import { useQuery } from 'urql';
import { graphql } from '../gql';
import type { AgentArchitecture } from '../gql/words';

const Prices = graphql(`
  query Prices {
    viewer {
      organization {
        id
        agents(first: 100) {
          nodes {
            id
            architecture
            pricePerCallMicros
          }
        }
      }
    }
  }
`);

/** What a call of two minutes costs by architecture, as far as agents of it say so. */
export function usePrices(): ReadonlyMap<AgentArchitecture, number> {
  const [{ data }] = useQuery({ query: Prices, requestPolicy: 'cache-first' });
  const prices = new Map<AgentArchitecture, number>();
  for (const { architecture, pricePerCallMicros: price } of data?.viewer.organization.agents.nodes ?? [])
    if (typeof price === 'number') prices.set(architecture, price);
  return prices;
}
