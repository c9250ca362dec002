// What the page about the APIs says.
export const docs = {
  title: 'API',
  lead: 'All that this page shows and does, programs can, too.',
  where: 'Addresses',
  subscriptions: 'Subscriptions',
  key: 'Each request carries a key, which $KEY stands for below:',
  keys: 'API keys',
  playground: 'GraphQL playground',
  playgroundText: 'Try every operation, signed in as you are.',
  openapi: 'REST reference',
  openapiText: 'OpenAPI 3.1',
  schema: 'GraphQL schema',
  schemaText: 'For generators of code. It describes every type and field.',
  examples: 'Examples',
  rest: 'A batch by REST',
  graphql: 'A query',
  subscription: 'Follow a batch',
} as const;
