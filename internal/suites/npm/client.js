// What the suites share: where the server is, and a bare client to prepare things with.
export const url = process.env.OUTDIAL_URL;
export const endpoint = `${url}/graphql`;
export const socketEndpoint = endpoint.replace(/^http/, 'ws');
export const key = process.env.OUTDIAL_KEY;
export const authorization = { Authorization: `Bearer ${key}` };

// ask runs an operation that must succeed, and returns its data.
export async function ask(query, variables) {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...authorization },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await answer.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

// createJob makes a batch job and returns its id; one that is later starts in a year.
export async function createJob(name, { later = false } = {}) {
  const input = {
    name,
    fromPhoneNumberId: 'phone_abc123',
    contacts: { list: [{ phone: '+12025550200', customFields: { customerName: 'Ann', planType: 'Basic', renewalDate: 'Feb 1' } }] },
    scheduledStartTime: later ? new Date(Date.now() + 365 * 86_400_000).toISOString() : null,
  };
  const { createBatchJob } = await ask(
    'mutation ($input: CreateBatchJobInput!) { createBatchJob(input: $input) { batchJob { id } userErrors { message } } }',
    { input },
  );
  if (!createBatchJob.batchJob) throw new Error(JSON.stringify(createBatchJob.userErrors));
  return createBatchJob.batchJob.id;
}

// rename changes a batch job, so that whoever watches it hears of it.
export async function rename(id, name) {
  await ask('mutation ($input: UpdateBatchJobInput!) { updateBatchJob(input: $input) { userErrors { message } } }', {
    input: { batchJobId: id, name },
  });
}

export const progress = 'subscription ($id: ID!) { batchProgress(batchJobId: $id) { version status batchJob { id name } } }';

// restart has the server send everybody who is connected to another server.
export async function restart() {
  const { status } = await fetch(`${url}/restart`, { method: 'POST' });
  if (status !== 204) throw new Error(`the restart is answered ${status}`);
}

// inbox collects what comes, in order, and hands it out to whoever waits.
export class Inbox {
  #items = [];
  #waiting = [];

  put(item) {
    const taker = this.#waiting.shift();
    if (taker) taker(item);
    else this.#items.push(item);
  }

  // next waits for an item; for ten seconds, which nothing here takes.
  next(what) {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), 10_000);
      this.#waiting.push((item) => {
        clearTimeout(timer);
        resolve(item);
      });
    });
  }
}
