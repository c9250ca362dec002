// The one WebSocket of the page, and how old the numbers on it are.
import { createClient } from 'graphql-ws';
import { useEffect, useRef } from 'react';
import { createStore, useStore } from '../state/store';
import { expireSession } from './session';

export type Connection = {
  /** "idle" while nothing on the page is live. */
  state: 'idle' | 'live' | 'lost';
  /** When it was last known to be live. */
  liveAt: number;
  /** Goes up each time it has come back. */
  epoch: number;
};

const connection = createStore<Connection>({ state: 'idle', liveAt: Date.now(), epoch: 0 });

export const useConnection = () => useStore(connection);

function update(change: Partial<Connection>) {
  connection.set({ ...connection.get(), ...change });
}

/** Close codes that come again whatever is tried. */
const UNAUTHENTICATED = new Set([4401, 4403]);
const PING_EVERY = 10_000;
const PONG_WITHIN = 5_000;
const LONGEST_WAIT = 5_000;

let socket: WebSocket | undefined;
let overdue: ReturnType<typeof setTimeout> | undefined;

function lost() {
  clearTimeout(overdue);
  if (connection.get().state === 'live') update({ state: 'lost', liveAt: Date.now() });
}

/** Waits before the next try: soon at first, never long, and not all pages at once. */
const wait = (tries: number) =>
  new Promise<void>((resolve) => {
    const longest = Math.min(LONGEST_WAIT, 300 * 2 ** tries);
    setTimeout(resolve, longest / 2 + (Math.random() * longest) / 2);
    addEventListener('online', () => resolve(), { once: true });
  });

export const socketClient = createClient({
  url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
  lazy: true,
  lazyCloseTimeout: 1_000,
  keepAlive: PING_EVERY,
  retryAttempts: Number.POSITIVE_INFINITY,
  retryWait: wait,
  shouldRetry: () => true,
  on: {
    opened: (opened) => {
      socket = opened as WebSocket;
    },
    connected: () => {
      const { state, epoch } = connection.get();
      update({ state: 'live', liveAt: Date.now(), epoch: state === 'lost' ? epoch + 1 : epoch });
    },
    ping: (received) => {
      if (received) return;
      overdue = setTimeout(() => socket?.close(4408, 'no answer'), PONG_WITHIN);
    },
    pong: (received) => {
      if (received) clearTimeout(overdue);
    },
    closed: (event) => {
      const { code, wasClean } = event as CloseEvent;
      if (UNAUTHENTICATED.has(code)) expireSession();
      if (code === 1000 && wasClean) {
        clearTimeout(overdue);
        update({ state: 'idle' });
        return;
      }
      lost();
    },
  },
});

/** Calls refresh after the connection has come back, since changes were missed. */
export function useRefreshAfterReconnect(refresh: () => void) {
  const { epoch } = useConnection();
  const seen = useRef(epoch);
  useEffect(() => {
    if (seen.current === epoch) return;
    seen.current = epoch;
    refresh();
  }, [epoch, refresh]);
}
