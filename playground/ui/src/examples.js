// The examples: one operation a file, its variables beside it in a file of the
// same name that ends in .json. A comment on the first line says what it does.

const documents = import.meta.glob('./examples/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob('./examples/*.json', { query: '?raw', import: 'default', eager: true });

// EXAMPLES holds, by file name, what a tab needs, the kind of operation (query,
// mutation or subscription) and a summary.
export const EXAMPLES = Object.entries(documents).map(([path, query]) => {
  const [, kind, name] = /^(query|mutation|subscription) (\w+)/m.exec(query);
  const [, summary] = /^# (.+)$/m.exec(query);
  return { name, kind, summary, query, variables: variables[path.replace(/graphql$/, 'json')] ?? '' };
});

const OPENING = [
  'Viewer', 'EstimateBatchJob', 'CreateBatchJob', 'CreateBatchJobFromFile',
  'BatchProgress', 'BatchJobs', 'BatchJob', 'Node', 'Nodes',
];

// OPENING_TABS are the tabs of a first visit; the panel has the rest.
export const OPENING_TABS = OPENING.map((name) => EXAMPLES.find((example) => example.name === name));
