import { useState } from 'react';
import { FormDialog } from '../account/form-dialog';
import { AdminOnly } from '../account/rights';
import { useChange } from '../api/change';
import { Failure } from '../api/failure';
import { useLiveQuery } from '../api/live-query';
import { signOut } from '../api/session';
import { Badge } from '../components/badge';
import { Button } from '../components/button';
import { Instant } from '../components/instant';
import { Loaded } from '../components/loaded';
import { toast } from '../components/toast';
import { graphql } from '../gql';
import type { SessionsQuery } from '../gql/graphql';
import { keys } from '../messages/keys';
import { settings as words } from '../messages/settings';
import { browserOf } from './user-agent';

const SessionsOf = graphql(`
  query Sessions {
    viewer {
      organization {
        id
        sessions(first: 100) {
          nodes {
            id
            userAgent
            scopes
            current
            createdAt
            lastUsedAt
            expiresAt
          }
          pageInfo {
            hasNextPage
          }
        }
      }
    }
  }
`);

const RevokeSession = graphql(`
  mutation RevokeSession($input: RevokeSessionInput!) {
    revokeSession(input: $input) {
      sessionId
      userErrors {
        code
        message
        path
      }
    }
  }
`);

type Session = SessionsQuery['viewer']['organization']['sessions']['nodes'][number];

const leave = () => signOut().catch((error: unknown) => toast(Failure.of(error).message));

/** The browsers that are signed in. */
export function Sessions() {
  return (
    <section className="panel stack" aria-labelledby="sessions">
      <div className="row spread">
        <div>
          <h2 id="sessions">{words.sessions}</h2>
          <p className="muted">{words.sessionsLead}</p>
        </div>
        <Button icon="signOut" onClick={leave}>
          {words.signOut}
        </Button>
      </div>
      <AdminOnly>
        <List />
      </AdminOnly>
    </section>
  );
}

function List() {
  const [result, ask] = useLiveQuery({ query: SessionsOf });
  const [ending, setEnding] = useState<Session | null>(null);
  return (
    <Loaded result={result} again={ask} lines={3}>
      {({ viewer }) => {
        const { nodes, pageInfo } = viewer.organization.sessions;
        const sorted = nodes.toSorted((a, b) => Number(b.current) - Number(a.current));
        return (
          <>
            <ul className="lines">
              {sorted.map((session) => (
                <Line key={session.id} session={session} onEnd={() => setEnding(session)} />
              ))}
            </ul>
            {nodes.length === 1 && <p className="muted">{words.noOthers}</p>}
            {pageInfo.hasNextPage && <p className="muted">{words.moreSessions}</p>}
            {ending && (
              <EndSession
                session={ending}
                onClose={() => setEnding(null)}
                onDone={() => {
                  setEnding(null);
                  ask({ requestPolicy: 'network-only' });
                }}
              />
            )}
          </>
        );
      }}
    </Loaded>
  );
}

function Line({ session, onEnd }: { session: Session; onEnd: () => void }) {
  const browser = browserOf(session.userAgent);
  return (
    <li className="row spread" data-session={session.id}>
      <div className="stack card-lines">
        <span className="row">
          <span className="strong" title={session.userAgent}>
            {browser}
          </span>
          {session.current && (
            <Badge tone="good" icon="check">
              {words.thisBrowser}
            </Badge>
          )}
        </span>
        <span className="muted small">
          {words.signedIn} <Instant at={session.createdAt} /> · {words.lastUsed}{' '}
          <Instant at={session.lastUsedAt} /> · {words.until} <Instant at={session.expiresAt} /> · {words.may}{' '}
          {session.scopes.map((scope) => keys.scope[scope].toLowerCase()).join(', ')}
        </span>
      </div>
      {!session.current && (
        <Button compact aria-label={words.endOf(browser)} onClick={onEnd}>
          {words.end}
        </Button>
      )}
    </li>
  );
}

type EndSessionProps = { session: Session; onClose: () => void; onDone: () => void };

function EndSession({ session, onClose, onDone }: EndSessionProps) {
  const change = useChange(RevokeSession, (data) => data.revokeSession);
  const submit = async () => {
    if (!(await change.run({ sessionId: session.id }))) return;
    toast(words.ended);
    onDone();
  };
  return (
    <FormDialog
      title={words.endTitle(browserOf(session.userAgent))}
      submit={words.end}
      change={change}
      danger
      onSubmit={submit}
      onClose={onClose}
    >
      <ul className="bullets">
        {words.endText.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </FormDialog>
  );
}
