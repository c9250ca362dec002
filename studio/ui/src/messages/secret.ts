// What is said where a secret is shown.
export const secret = {
  once: 'This is shown once',
  onceText: 'It cannot be read here again. Put it where your program finds it before you close this.',
  copy: (what: string) => `Copy ${what}`,
  copyShort: 'Copy',
  done: 'I have kept it',
} as const;
