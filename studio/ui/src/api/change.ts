// A mutation whose answer may say what a person can mend.
import { useState } from 'react';
import { type CombinedError, type TypedDocumentNode, useMutation } from 'urql';

export type UserError = { code: string; message: string; path?: readonly string[] | null };

type Payload = { userErrors: readonly UserError[] };

export type Change<Input, P> = {
  busy: boolean;
  /** What is wrong with one field of the input, to stand beside it. */
  at: (field: string) => string | undefined;
  /** What is wrong with everything else. */
  rest: readonly UserError[];
  error: CombinedError | undefined;
  /** Asks for the change; null when it was not made. */
  run: (input: Input) => Promise<P | null>;
};

type Mutation<Data, Input> = TypedDocumentNode<Data, { input: Input }>;

/** Gives a mutation whose one variable is "input"; fields are those that have a place of their own. */
export function useChange<Data, Input, P extends Payload>(
  mutation: Mutation<Data, Input>,
  pick: (data: Data) => P,
  fields: readonly string[] = [],
): Change<Input, P> {
  const [{ fetching }, execute] = useMutation(mutation);
  const [wrong, setWrong] = useState<readonly UserError[]>([]);
  const [error, setError] = useState<CombinedError>();
  const fieldOf = ({ path }: UserError) => fields.find((field) => field === path?.[1]);
  const run = async (input: Input) => {
    const result = await execute({ input });
    const payload = result.data ? pick(result.data) : null;
    setError(result.error);
    setWrong(payload?.userErrors ?? []);
    return payload && payload.userErrors.length === 0 ? payload : null;
  };
  return {
    busy: fetching,
    at: (field) =>
      wrong
        .filter((one) => fieldOf(one) === field)
        .map(({ message }) => message)
        .join(' ') || undefined,
    rest: wrong.filter((one) => !fieldOf(one)),
    error,
    run,
  };
}

/** A key that makes a request the same request when it is sent again. */
export const idempotencyKey = () => crypto.getRandomValues(new Uint32Array(4)).join('-');
