// Creating the batch: once, however often the button is pressed and whatever
// becomes of the answer.
import { useRef, useState } from 'react';
import { useClient } from 'urql';
import { Failure } from '../api/failure';
import type { CreateBatchMutation } from '../gql/graphql';
import { createMutation } from './operations';
import { type Draft, wholeInput } from './server-check';

export type UserErrors = CreateBatchMutation['createBatchJob']['userErrors'];

export type Creation = {
  busy: boolean;
  /** What a person can mend about the draft that `about` is the sign of. */
  errors: UserErrors;
  about: string;
  failure: Failure | null;
  /** No answer came, so that there may be a batch of the draft that `about` is the sign of. */
  unanswered: boolean;
  /** Creates a batch of the draft and resolves to its id; null when there is none, which the other fields explain. */
  create: (draft: Draft, sign: string) => Promise<string | null>;
};

const nothing = { busy: false, errors: [], about: '', failure: null, unanswered: false };

/** A key that no other draft has; also where the page is not served securely. */
function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `studio-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Keeps one idempotency key for as long as the draft stays the same. */
export function useCreation(): Creation {
  const client = useClient();
  const [state, setState] = useState<Omit<Creation, 'create'>>(nothing);
  const key = useRef({ sign: '', key: '' });
  const running = useRef(false);

  const create = async (draft: Draft, sign: string): Promise<string | null> => {
    if (running.current) return null;
    running.current = true;
    if (key.current.sign !== sign) key.current = { sign, key: newKey() };
    setState({ ...nothing, busy: true, about: sign });
    const input = { ...wholeInput(draft), idempotencyKey: key.current.key };
    const { data, error } = await client.mutation(createMutation, { input }).toPromise();
    running.current = false;
    const payload = data?.createBatchJob;
    if (payload?.batchJob) {
      setState(nothing);
      return payload.batchJob.id;
    }
    if (payload && payload.userErrors.length > 0) key.current = { sign: '', key: '' };
    setState({
      busy: false,
      errors: payload?.userErrors ?? [],
      about: sign,
      failure: error ? Failure.ofOperation(error) : null,
      unanswered: Boolean(error?.networkError),
    });
    return null;
  };
  return { ...state, create };
}
