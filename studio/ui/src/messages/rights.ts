// What is said to who may look and not change.
export const rights = {
  why: 'Needs the scope ADMIN.',
  readOnly: 'You can look here, not change anything',
  readOnlyText:
    'The key you signed in with lacks the scope ADMIN. Sign in with one that has it to make changes.',
  hidden: 'Only for administrators',
  hiddenText: 'The key you signed in with lacks the scope ADMIN. Sign in with one that has it to see this.',
} as const;
