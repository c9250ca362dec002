// A small client of the graphql-transport-ws protocol: one socket for all
// subscriptions, opened with the first and closed after the last.
// https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md

const FORBIDDEN = 4403;
const PING_MILLIS = 10_000;
const LONGEST_WAIT_MILLIS = 30_000;

// Live keeps subscriptions running: when the connection breaks it connects
// again, later each time, and starts every subscription anew.
export class Live {
  #key;
  #onChange;
  #onRefused;
  #socket = null;
  #connected = false;
  #streams = new Map();
  #lastId = 0;
  #failures = 0;
  #retry = 0;
  #pings = 0;
  #silent = false;

  // onChange hears true when the connection is usable, false when it is lost or
  // cannot be made; onRefused hears that the server does not accept the key.
  constructor(key, { onChange, onRefused }) {
    this.#key = key;
    this.#onChange = onChange;
    this.#onRefused = onRefused;
  }

  // subscribe calls `next` with the data of each event and `end` once, unless
  // the returned function ends it first. `variables` is a function, asked again
  // on each start.
  subscribe(query, variables, { next, end }) {
    const id = String(++this.#lastId);
    this.#streams.set(id, { query, variables, next, end });
    if (this.#connected) this.#start(id);
    else if (!this.#socket && !this.#retry) this.#connect();
    return () => {
      if (!this.#streams.delete(id)) return;
      if (this.#connected) this.#send({ id, type: 'complete' });
      this.#dropIfIdle();
    };
  }

  // hurry ends the wait before the next attempt to connect, if there is one.
  hurry() {
    if (!this.#retry) return;
    clearTimeout(this.#retry);
    this.#connect();
  }

  // close ends everything without calling anybody.
  close() {
    this.#streams.clear();
    clearTimeout(this.#retry);
    this.#drop();
  }

  #connect() {
    this.#retry = 0;
    const url = new URL('graphql', document.baseURI);
    url.protocol = url.protocol.replace('http', 'ws');
    const socket = new WebSocket(url, 'graphql-transport-ws');
    this.#socket = socket;
    socket.onopen = () => {
      this.#send({ type: 'connection_init', payload: { Authorization: `Bearer ${this.#key}` } });
    };
    socket.onmessage = ({ data }) => {
      this.#silent = false;
      if (socket === this.#socket) this.#receive(JSON.parse(data));
    };
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#lost(code);
    };
    this.#silent = false;
    this.#pings = setInterval(() => this.#ping(), PING_MILLIS);
  }

  // A network that went away closes nothing, so silence counts as a close.
  #ping() {
    if (this.#silent) return this.#lost();
    this.#silent = true;
    if (this.#connected) this.#send({ type: 'ping' });
  }

  #lost(code) {
    this.#drop();
    if (code === FORBIDDEN) return this.#onRefused();
    this.#onChange(false);
    const wait = Math.min(500 * 2 ** this.#failures++, LONGEST_WAIT_MILLIS);
    this.#retry = setTimeout(() => this.#connect(), wait * (0.5 + Math.random() / 2));
  }

  #receive({ id, type, payload }) {
    const stream = this.#streams.get(id);
    if (type === 'connection_ack') {
      this.#connected = true;
      this.#failures = 0;
      this.#onChange(true);
      for (const waiting of this.#streams.keys()) this.#start(waiting);
    } else if (type === 'ping') {
      this.#send({ type: 'pong' });
    } else if (type === 'next' && payload.data) {
      stream?.next(payload.data);
    } else if (type === 'complete' || type === 'error') {
      this.#streams.delete(id);
      stream?.end();
      this.#dropIfIdle();
    }
  }

  #start(id) {
    const { query, variables } = this.#streams.get(id);
    this.#send({ id, type: 'subscribe', payload: { query, variables: variables() } });
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  #dropIfIdle() {
    if (this.#streams.size === 0) this.#drop();
  }

  #drop() {
    clearInterval(this.#pings);
    this.#socket?.close(1000);
    this.#socket = null;
    this.#connected = false;
  }
}
