// Signing in and out. A key, or the link that the program prints, is exchanged
// for a cookie that scripts cannot read, so nothing secret is kept here.
import { createStore, useStore } from '../state/store';
import { Failure } from './failure';

/** Whether this browser is signed in; "expired" when it was, a moment ago. */
export type SessionState = 'unknown' | 'in' | 'out' | 'expired' | 'unreachable';

const state = createStore<SessionState>('unknown');

export const useSession = () => useStore(state);

const PATH = '/session';

async function post(credential: { key: string } | { link: string }) {
  const answer = await fetch(PATH, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(credential),
  });
  if (!answer.ok) throw await Failure.ofAnswer(answer);
}

/** Signs in with an API key. Throws a Failure when that is refused. */
export async function signIn(key: string) {
  await post({ key });
  state.set('in');
}

/** Ends the session, here and on the server. */
export async function signOut() {
  const answer = await fetch(PATH, { method: 'DELETE' });
  if (!answer.ok && answer.status !== 401) throw await Failure.ofAnswer(answer);
  // Whatever this page knows was read with the session, or entered in it.
  try {
    sessionStorage.clear();
  } catch {
    // Storage may be forbidden, and is empty then.
  }
  history.replaceState(null, '', '/');
  state.set('out');
}

/** Says that the server has refused the session. */
export function expireSession() {
  if (state.get() === 'in') state.set('expired');
}

/**
 * Finds out at the start whether the browser is signed in. A link's token in
 * the address, #signin=…, is used up and taken out of the address first.
 */
export async function openSession(): Promise<Failure | null> {
  const token = new URLSearchParams(location.hash.slice(1)).get('signin');
  if (location.hash.startsWith('#signin=')) {
    history.replaceState(history.state, '', location.pathname + location.search);
  }
  let refused: Failure | null = null;
  try {
    if (token) {
      await post({ link: token }).catch((error: unknown) => {
        refused = Failure.of(error);
      });
    }
    const answer = await fetch(PATH);
    if (answer.ok) {
      state.set('in');
      return null; // a link that was used twice does not matter to who is in
    }
    if (answer.status !== 401) throw await Failure.ofAnswer(answer);
    state.set('out');
    return refused;
  } catch (error) {
    state.set('unreachable');
    return Failure.of(error);
  }
}
