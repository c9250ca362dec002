// The dashboard: sign in, read the overview, follow every batch job that is not
// over. The overview is read again every few seconds, for credits and for batch
// jobs that others start; the batch jobs themselves are pushed by the server.

import { Refused, request } from './api.js';
import { Batch, hasEnded } from './batch.js';
import { count, moment, money, words } from './format.js';
import { storedKey, storeKey, takeKeyFromAddress } from './key.js';
import { Live } from './live.js';
import { CREATE, OVERVIEW, WATCH } from './operations.js';
import { sampleInput, sampleNumber } from './sample.js';

const BUSY_MILLIS = 2_000;
const IDLE_MILLIS = 10_000;
const $ = (id) => document.getElementById(id);

// Session is all that belongs to one key. It ends when another begins.
class Session {
  #key;
  #live;
  #over = false;
  #timer = 0;
  #batches = new Map();
  #streams = new Map();
  #connected = false;
  #readAt = 0;
  #organization = null;

  constructor(key) {
    this.#key = key;
    this.#live = new Live(key, {
      onChange: (connected) => this.#connectionChanged(connected),
      onRefused: () => this.refuse('The server does not accept this key any more.'),
    });
  }

  // refresh reads the overview, and again after a while.
  async refresh() {
    clearTimeout(this.#timer);
    try {
      const { viewer } = await request(this.#key, OVERVIEW);
      if (this.#over) return;
      this.#showOrganization(viewer.organization);
      this.#showBatches(viewer.organization.batchJobs.nodes);
      if (document.body.dataset.stale) this.#live.hurry(); // the server is back
      this.#read();
      notice('');
      showDashboard();
    } catch (error) {
      if (this.#over) return;
      if (error instanceof Refused) return this.refuse(error.message);
      notice(`${error.message} Trying again.`);
      document.body.dataset.stale = 'true';
    }
    this.#refreshAfter(this.#streams.size > 0 ? BUSY_MILLIS : IDLE_MILLIS);
  }

  // refuse ends the session and says why.
  refuse(reason) {
    storeKey('');
    begin();
    $('sign-in-error').textContent = reason;
  }

  end() {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#live.close();
    $('batches').replaceChildren();
  }

  async startSample() {
    const button = $('sample');
    if (button.ariaDisabled === 'true') return;
    button.ariaDisabled = 'true'; // a button that is truly disabled would lose the focus
    $('sample-note').textContent = 'Starting…';
    try {
      const input = sampleInput(sampleNumber(this.#organization.phoneNumbers.nodes).id);
      const { createBatchJob } = await request(this.#key, CREATE, { input });
      $('sample-note').textContent = createBatchJob.userErrors.map(({ message }) => message).join(' ');
      await this.refresh();
    } catch (error) {
      if (error instanceof Refused) return this.refuse(error.message);
      $('sample-note').textContent = error.message;
    } finally {
      button.ariaDisabled = 'false';
    }
  }

  #refreshAfter(millis) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (document.hidden ? this.#refreshAfter(millis) : this.refresh()), millis);
  }

  #showOrganization(organization) {
    const { name, carrier, credits, phoneNumbers } = organization;
    this.#organization = organization;
    $('organization').textContent = name;
    $('available').textContent = money(credits.availableMicros);
    $('held').textContent = money(credits.heldMicros);
    $('carrier').textContent = carrier.simulated ? 'Simulated carrier' : `Real calls: ${carrier.name}`;
    $('carrier').dataset.status = carrier.simulated ? 'SIMULATED' : 'REAL';
    $('carrier').hidden = false;
    // The sample must never ring a telephone.
    $('sample').hidden = !carrier.simulated || !sampleNumber(phoneNumbers.nodes);
  }

  #showBatches(batchJobs) {
    const shown = batchJobs.map((batchJob) => {
      const batch = this.#batches.get(batchJob.id) ?? new Batch(batchJob.id);
      this.#batches.set(batchJob.id, batch);
      batch.show(batchJob);
      this.#watch(batch);
      return batch;
    });
    const elements = shown.map(({ element }) => element);
    if (elements.some((element, index) => $('batches').children[index] !== element)) {
      $('batches').replaceChildren(...elements);
    }
    $('empty').hidden = elements.length > 0;
    this.#showCalls();
    this.#showTitle();
  }

  // Between two readings of the overview, calls are counted on from the last by
  // what the batch jobs tell.
  #showCalls() {
    const { callsInFlight, concurrentCallLimit } = this.#organization;
    const since = Array.from(this.#batches.values(), ({ progress, callsAtReading }) => progress.callsInFlight - callsAtReading);
    const now = Math.max(0, since.reduce((sum, n) => sum + n, callsInFlight));
    $('calls').textContent = `${count(now)} of ${count(concurrentCallLimit)}`;
  }

  #watch(batch) {
    if (batch.ended || this.#streams.has(batch.id)) return;
    const variables = () => ({ id: batch.id, afterVersion: batch.progress.version });
    this.#streams.set(batch.id, this.#live.subscribe(WATCH, variables, {
      next: ({ batchProgress }) => this.#advance(batch, batchProgress),
      end: () => {
        this.#streams.delete(batch.id);
        if (!this.#over) this.#refreshAfter(500);
      },
    }));
  }

  #advance(batch, progress) {
    const before = batch.progress.status;
    batch.advance(progress);
    this.#read();
    this.#showCalls();
    this.#showTitle();
    if (before !== progress.status) $('announcer').textContent = `${batch.name}: ${words(progress.status)}`;
    if (hasEnded(progress.status)) this.#refreshAfter(500);
  }

  #read() {
    this.#readAt = Date.now();
    delete document.body.dataset.stale;
    this.#showConnection();
  }

  #connectionChanged(connected) {
    this.#connected = connected;
    this.#showConnection();
  }

  #showConnection() {
    const at = moment(this.#readAt);
    const live = this.#streams.size === 0 ? `Read at ${at}` : 'Live';
    const lost = `Connection lost. Numbers as of ${at}, connecting again.`;
    const text = this.#connected || this.#streams.size === 0 ? live : lost;
    $('connection').textContent = text;
    $('connection').dataset.live = String(text === 'Live');
  }

  #showTitle() {
    const running = Array.from(this.#batches.values()).find(({ progress }) => progress.status === 'RUNNING');
    if (!running) {
      document.title = 'Outdial';
      return;
    }
    const { contacts: { pending, dialing }, total } = running.progress;
    document.title = `${Math.floor((100 * (total - pending - dialing)) / total)} % ${running.name} · Outdial`;
  }
}

let session = null;

// begin starts a session with the key of this tab, or shows the form.
function begin() {
  session?.end();
  session = null;
  notice('');
  $('sign-in-error').textContent = '';
  document.title = 'Outdial';
  for (const id of ['dashboard', 'carrier', 'sign-out']) $(id).hidden = true;
  const key = storedKey();
  $('sign-in').hidden = key !== '';
  if (!key) return $('key').focus();
  session = new Session(key);
  session.refresh();
}

function showDashboard() {
  $('dashboard').hidden = false;
  $('sign-out').hidden = false;
}

function notice(text) {
  $('notice').textContent = text;
  $('notice').hidden = text === '';
}

$('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  storeKey($('key').value.trim());
  $('sign-in').reset();
  begin();
  $('main').focus();
});
$('sign-out').addEventListener('click', () => {
  storeKey('');
  begin();
});
$('sample').addEventListener('click', () => session.startSample());
addEventListener('hashchange', () => {
  if (takeKeyFromAddress()) begin();
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) session?.refresh();
});

takeKeyFromAddress();
begin();
