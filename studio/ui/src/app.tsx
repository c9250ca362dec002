import { type ComponentType, lazy, Suspense, useEffect, useRef, useState } from 'react';
import { Provider } from 'urql';
import { Route, Router, Switch, useLocation } from 'wouter';
import { ActivityProvider } from './api/activity';
import { makeClient } from './api/client';
import type { Failure } from './api/failure';
import { openSession, useSession } from './api/session';
import { Button } from './components/button';
import { Skeleton } from './components/loaded';
import { FailureNotice } from './components/notice';
import { noteNavigation } from './components/page-header';
import { shell } from './messages/shell';
import { screens } from './screens';
import { ErrorBoundary } from './shell/error-boundary';
import { Frame } from './shell/frame';
import { NotFound } from './shell/not-found';
import { SignInAgain, SignInPage } from './shell/sign-in';
import { aroundNavigation } from './state/leaving';

const RETRY_AFTER = 2_000;

const lazyScreens = screens.map(({ path, load }) => ({ path, Screen: lazy(load) as ComponentType }));

/** The whole dashboard: who is not signed in is asked to, all others see the screens. */
export function App() {
  const session = useSession();
  const refused = useOpenSession();
  switch (session) {
    case 'unknown':
      return null;
    case 'unreachable':
      return <Unreachable error={refused} />;
    case 'out':
      return <SignInPage refused={refused} />;
    case 'in':
    case 'expired':
      return <SignedIn expired={session === 'expired'} />;
  }
}

/** Whatever is read belongs to the session: signing out forgets it. */
function SignedIn({ expired }: { expired: boolean }) {
  const [client] = useState(makeClient);
  return (
    <Provider value={client}>
      <ActivityProvider signedIn={!expired}>
        <Router aroundNav={aroundNavigation}>
          <Frame>
            <Screens />
          </Frame>
        </Router>
        {expired && <SignInAgain />}
      </ActivityProvider>
    </Provider>
  );
}

/** Opens the session, again and again while the server cannot be reached. */
function useOpenSession() {
  const session = useSession();
  const [refused, setRefused] = useState<Failure | null>(null);
  const started = useRef(false);
  useEffect(() => {
    if (started.current && session !== 'unreachable') return;
    const open = () => openSession().then(setRefused);
    if (!started.current) {
      started.current = true;
      open();
      return;
    }
    const timer = setInterval(open, RETRY_AFTER);
    return () => clearInterval(timer);
  }, [session]);
  return refused;
}

function Screens() {
  const [path] = useLocation();
  const before = useRef(path);
  if (before.current !== path) {
    before.current = path;
    noteNavigation();
  }
  return (
    <ErrorBoundary path={path}>
      <Suspense fallback={<Skeleton />}>
        <Switch>
          {lazyScreens.map(({ path, Screen }) => (
            <Route key={path} path={path}>
              <Screen />
            </Route>
          ))}
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </Suspense>
    </ErrorBoundary>
  );
}

function Unreachable({ error }: { error: Failure | null }) {
  return (
    <div className="signin">
      <main className="stack">
        <h1>{shell.unreachable}</h1>
        <p className="muted">{shell.unreachableText}</p>
        {error && error.code !== 'UNREACHABLE' && <FailureNotice error={error} />}
        <div>
          <Button onClick={() => location.reload()}>{shell.tryAgain}</Button>
        </div>
      </main>
    </div>
  );
}
