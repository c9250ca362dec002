// One batch job on the page.

import { count, left, moment, money, words } from './format.js';

const ENDED = ['COMPLETED', 'FAILED', 'CANCELLED'];

const WAITING = {
  START_TIME: 'Waiting for its start time.',
  CALL_WINDOW: 'Waiting for the call window to open.',
  RETRY: 'Waiting for the next retry.',
  RESUME: 'Paused. Waiting for somebody to resume it.',
  CREDITS: 'Out of credits. Add some to go on.',
  CALLS_IN_FLIGHT: 'No new call starts; calls in flight are finishing.',
};

// hasEnded says whether a status is the last.
export const hasEnded = (status) => ENDED.includes(status);

// Batch is a list item that shows a batch job. All text is set as text.
export class Batch {
  constructor(id) {
    this.id = id;
    this.progress = null;
    this.element = document.getElementById('batch-template').content.cloneNode(true).firstElementChild;
    this.element.dataset.batch = id;
    this.parts = Object.fromEntries(
      Array.from(this.element.querySelectorAll('[data-part]'), (part) => [part.dataset.part, part]),
    );
  }

  // show takes the whole batch job, as the overview has it.
  show(batchJob) {
    this.batchJob = batchJob;
    this.callsAtReading = batchJob.progress.callsInFlight;
    this.parts.name.textContent = batchJob.name;
    this.advance(batchJob.progress);
  }

  // advance takes a newer state and ignores an older one.
  advance(progress) {
    if (this.progress && progress.version < this.progress.version) return;
    this.progress = progress;
    this.#showStatus();
    this.#showCounts();
    this.parts.origin.textContent = this.#origin();
    this.parts.cost.textContent = this.#cost();
    this.parts.note.textContent = this.#note();
  }

  get name() {
    return this.batchJob.name;
  }

  get ended() {
    return hasEnded(this.progress.status);
  }

  #showStatus() {
    const { status, contacts } = this.progress;
    const partly = status === 'COMPLETED' && contacts.failed > 0;
    const word = words(status).replace(/^./, (letter) => letter.toUpperCase());
    this.parts.status.textContent = partly ? `Completed, ${count(contacts.failed)} failed` : word;
    this.parts.status.dataset.status = partly ? 'PARTLY' : status;
    this.element.dataset.status = status;
  }

  #showCounts() {
    const { contacts, total, callsInFlight } = this.progress;
    for (const [status, number] of Object.entries(contacts)) {
      const [segment, item] = this.element.querySelectorAll(`[data-status="${status}"]`);
      segment.style.flexGrow = number;
      segment.hidden = number === 0;
      item.hidden = number === 0;
      item.lastElementChild.textContent = count(number);
    }
    const finished = contacts.completed + contacts.failed + contacts.cancelled;
    const sentence = `${count(finished)} of ${count(total)} finished`;
    this.parts.finished.textContent = sentence;
    this.parts.inFlight.textContent = callsInFlight ? `${count(callsInFlight)} in flight` : '';
    this.parts.bar.ariaValueMax = total;
    this.parts.bar.ariaValueNow = finished;
    this.parts.bar.ariaValueText = sentence;
  }

  #origin() {
    const { id, phoneNumber, agent, createdAt, scheduledStartTime, startedAt, endedAt } = this.batchJob;
    const when = endedAt ? `ended ${moment(endedAt)}`
      : startedAt ? `started ${moment(startedAt)}`
        : scheduledStartTime ? `starts ${moment(scheduledStartTime)}`
          : `created ${moment(createdAt)}`;
    return [id, phoneNumber.number, agent.name, when].join(' · ');
  }

  #cost() {
    const spent = money(this.progress.spentMicros);
    return this.ended ? spent : `${spent} of about ${money(this.batchJob.estimate.costMicros)}`;
  }

  #note() {
    const { eta, waitingFor } = this.progress;
    const sentences = [];
    if (waitingFor) sentences.push(WAITING[waitingFor] ?? `Waiting: ${words(waitingFor)}.`);
    else if (eta && !this.ended) sentences.push(`${left(eta.high)} left.`);
    return [...sentences, ...this.#outcomes()].join(' ');
  }

  // What is behind the counts: the outcomes other than a conversation.
  #outcomes() {
    const others = this.progress.outcomes.filter(({ outcome }) => outcome !== 'COMPLETED');
    if (others.length === 0) return [];
    const list = others.toSorted((a, b) => b.count - a.count);
    return [`Other outcomes: ${list.map(({ outcome, count: n }) => `${words(outcome)} ${count(n)}`).join(', ')}.`];
  }
}
