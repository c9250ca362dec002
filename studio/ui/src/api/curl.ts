/** A command that asks the server the same, with a key from the shell. */
export const curl = (operation: unknown, variables: object) => `curl ${location.origin}/graphql \\
  -H "Authorization: Bearer $KEY" \\
  -H 'Content-Type: application/json' \\
  -d '${JSON.stringify({ query: operation, variables })}'`;
