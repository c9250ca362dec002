/** Work that yields now and then how much of it is done. */
export type Work<T> = Generator<number, T>;

/** How long a piece of work may keep the page from answering, in milliseconds. */
const patience = 12;

/** Does all of the work at once. */
export function finish<T>(work: Work<T>): T {
  for (;;) {
    const step = work.next();
    if (step.done) {
      return step.value;
    }
  }
}

/** Does the work in pieces so short that the page stays awake. Rejects with the signal's reason when that is aborted. */
export async function finishInPieces<T>(work: Work<T>, signal: AbortSignal): Promise<T> {
  let end = performance.now() + patience;
  for (;;) {
    const step = work.next();
    if (step.done) {
      return step.value;
    }
    if (performance.now() > end) {
      await nextTask();
      signal.throwIfAborted();
      end = performance.now() + patience;
    }
  }
}

/** Waits until the browser has painted and heard what it had to. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
