// The numbers to call from.
import { useEffect, useState } from 'react';
import { type OperationResult, useClient } from 'urql';
import { Failure } from '../api/failure';
import type { NewBatchChoicesQuery } from '../gql/graphql';
import { choicesQuery } from './operations';

type Organization = NewBatchChoicesQuery['viewer']['organization'];
export type PhoneNumber = Organization['phoneNumbers']['nodes'][number];
export type Agent = NonNullable<PhoneNumber['outboundAgent']>;

export type FormChoices = {
  /** All of them; null until they are read. */
  numbers: PhoneNumber[] | null;
  organization: Organization | null;
  failure: Failure | null;
  again: () => void;
};

/** Reads every number, page by page. */
export function useFormChoices(): FormChoices {
  const client = useClient();
  const [round, setRound] = useState(0);
  const [state, setState] = useState<Omit<FormChoices, 'again'>>({
    numbers: null,
    organization: null,
    failure: null,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: once more for each round
  useEffect(() => {
    let wanted = true;
    const read = async () => {
      const numbers: PhoneNumber[] = [];
      let after: string | null = null;
      for (;;) {
        const options = { requestPolicy: 'network-only' } as const;
        const result: OperationResult<NewBatchChoicesQuery> = await client
          .query(choicesQuery, { after }, options)
          .toPromise();
        if (!wanted) return;
        const { data, error } = result;
        if (!data) {
          setState((last) => ({ ...last, failure: error ? Failure.ofOperation(error) : null }));
          return;
        }
        const { organization } = data.viewer;
        numbers.push(...organization.phoneNumbers.nodes);
        const { hasNextPage, endCursor } = organization.phoneNumbers.pageInfo;
        if (!hasNextPage || !endCursor) {
          setState({ numbers, organization, failure: null });
          return;
        }
        after = endCursor;
      }
    };
    read();
    return () => {
      wanted = false;
    };
  }, [client, round]);
  return { ...state, again: () => setRound((last) => last + 1) };
}

/** Whether calls can be made from a number, for want of an agent that speaks. */
export const speaks = ({ outboundAgent }: PhoneNumber) =>
  outboundAgent !== null && outboundAgent?.architecture !== 'TEXT';
