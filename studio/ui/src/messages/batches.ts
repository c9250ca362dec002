// What the list of batches says.
export const batches = {
  title: 'Batches',
} as const;
