// Who is looking, and what they may do.
import { useQuery } from 'urql';
import { graphql } from '../gql';
import type { ViewerQuery as Answer } from '../gql/graphql';
import { rights } from '../messages/rights';

const ViewerQuery = graphql(`
  query Viewer {
    viewer {
      scopes
      operator
      organization {
        id
        name
        concurrentCallLimit
      }
    }
  }
`);

export type Viewer = Answer['viewer'];

/** Who is looking; null until that was read. */
export function useViewer(): Viewer | null {
  const [{ data }] = useQuery({ query: ViewerQuery, requestPolicy: 'cache-first' });
  return data?.viewer ?? null;
}

export type Right = {
  /** False also until it is known. */
  may: boolean;
  /** Why not, for the button's title; empty when they may or it is not known. */
  why: string;
  known: boolean;
};

/** Whether the viewer may change what belongs to the organization. */
export function useAdmin(): Right {
  const viewer = useViewer();
  const may = viewer?.scopes.includes('ADMIN') ?? false;
  return { may, why: viewer && !may ? rights.why : '', known: viewer !== null };
}
