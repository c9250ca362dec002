// What the server says about the draft, asked again a moment after each change.
import { useEffect, useState } from 'react';
import { useClient } from 'urql';
import { Failure } from '../api/failure';
import { useSession } from '../api/session';
import type { CreateBatchJobInput, EstimateNewBatchMutation } from '../gql/graphql';
import { fileToSend, type LocalCheck } from './contacts-state';
import { closing, type Form } from './form';
import { estimateMutation } from './operations';
import type { Source } from './source';

export type Estimate = EstimateNewBatchMutation['estimateBatchJob'];

export type ServerCheck = {
  /** What the server said last; null before it has said anything about these contacts. */
  answer: Estimate | null;
  /** When it did, in milliseconds. */
  at: number;
  /** What the answer is about; empty without one. */
  about: string;
  waiting: boolean;
  failure: Failure | null;
  again: () => void;
};

const pause = 350;
const nothing = { answer: null, at: 0, about: '', waiting: false, failure: null };

/** What a draft comes to, for finding out whether it has changed. */
export type Draft = { source: Source; local: LocalCheck; input: Omit<CreateBatchJobInput, 'contacts'> };

/** The fields of the form as the API takes them. */
export function inputOf(form: Form): Omit<CreateBatchJobInput, 'contacts'> {
  const { hours } = form;
  return {
    name: form.name.trim(),
    ...(form.description.trim() !== '' && { description: form.description.trim() }),
    fromPhoneNumberId: form.numberId,
    concurrentCallLimit: Number(form.limit),
    maxAttempts: Number(form.attempts),
    timezone: form.zone || 'UTC',
    ...(form.start === 'later' && { scheduledStartTime: form.local }),
    ...(hours && {
      callWindow: { days: hours.days, opens: hours.opens, closes: closing(hours), timezone: hours.zone },
    }),
  };
}

/** The draft with its file. One without a name is estimated all the same. */
export function wholeInput({ source, local, input }: Draft): CreateBatchJobInput {
  return {
    ...input,
    name: input.name || 'Untitled',
    contacts: { file: fileToSend(source, local.table, local.choices) },
  };
}

/** Asks the server about the draft whenever it has changed; null asks nothing. `sign` must differ when the draft does. */
export function useServerCheck(draft: Draft | null, sign: string): ServerCheck {
  const client = useClient();
  const session = useSession();
  const [round, setRound] = useState(0);
  const [check, setCheck] = useState<Omit<ServerCheck, 'again'>>(nothing);
  const source = draft?.source;
  // biome-ignore lint/correctness/useExhaustiveDependencies: sign says whether the draft has changed
  useEffect(() => {
    if (!draft || session !== 'in') {
      setCheck((last) => ({ ...last, waiting: false }));
      return;
    }
    setCheck((last) => ({ ...last, waiting: true, failure: null }));
    let stop = () => {};
    const timer = setTimeout(() => {
      const asked = client.mutation(estimateMutation, { input: wholeInput(draft) });
      const { unsubscribe } = asked.subscribe(({ data, error }) => {
        if (error) setCheck((last) => ({ ...last, waiting: false, failure: Failure.ofOperation(error) }));
        else if (data) {
          setCheck({
            answer: data.estimateBatchJob,
            at: Date.now(),
            about: sign,
            waiting: false,
            failure: null,
          });
        }
      });
      stop = unsubscribe;
    }, pause);
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [client, sign, session, round]);
  // Another file has another answer.
  // biome-ignore lint/correctness/useExhaustiveDependencies: for each source
  useEffect(() => setCheck((last) => ({ ...last, answer: null, about: '' })), [source?.name, source?.size]);
  return { ...check, again: () => setRound((last) => last + 1) };
}
