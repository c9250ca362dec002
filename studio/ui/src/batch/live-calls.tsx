import { Icon } from '../components/icon';
import { graphql } from '../gql';
import type { LiveCallFragment } from '../gql/graphql';
import { callsWords as words } from '../messages/batch';
import { clock } from '../state/format';
import { useNow } from '../state/now';

export const LiveCallFields = graphql(`
  fragment LiveCall on Attempt {
    id
    number
    status
    startedAt
    ringingAt
    answeredAt
    contact {
      id
      phone
      name
    }
  }
`);

export type LiveCall = LiveCallFragment;

/** Longer than this is unusual. */
const LONG = 5 * 60;

const seconds = (since: string | null | undefined, now: number) =>
  since ? Math.max(0, (now - Date.parse(since)) / 1000) : 0;

/** Where a call is, and for how long. */
export function CallState({ call }: { call: LiveCall }) {
  const now = useNow();
  if (call.answeredAt) {
    const talked = seconds(call.answeredAt, now);
    return (
      <span className="call-state talking">
        {talked > LONG && (
          <span className="long" title={words.long}>
            <Icon name="warning" size={13} />
            <span className="sr-only">{words.long}</span>
          </span>
        )}
        <span className="sr-only">{words.talking}</span> {clock(talked)}
      </span>
    );
  }
  const word = call.ringingAt ? words.ringing : call.startedAt ? words.dialing : words.queued;
  const since = call.ringingAt ?? call.startedAt;
  return (
    <span className="call-state muted">
      {word} {since && clock(seconds(since, now))}
    </span>
  );
}
