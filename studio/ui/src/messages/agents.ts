// What the voice agents say, and what is said where their prompts are written.
import { plural } from '../state/format';

export const agents = {
  title: 'Agents',
  lead: 'An agent speaks in calls by its prompt, filled with what is known of each contact.',
  table: 'Agents',
  name: 'Name',
  architecture: 'Architecture',
  variables: 'Variables',
  noVariables: 'None',
  numbers: 'Numbers',
  noNumbers: 'None',
  price: 'Per call',
  priceTitle: 'Price of a call of two minutes',
  cannotCall: 'Cannot call',
  moreNumbers: (n: number) => `and ${n} more`,
  add: 'New agent',
  emptyTitle: 'No agent yet',
  emptyText: 'Make one with a prompt, and assign it to a number.',

  newTitle: 'New agent',
  nameHint: 'What your team calls it.',
  kindMeaning: {
    PIPELINE: 'Speech to text, a language model, text to speech.',
    REALTIME: 'One model that hears and speaks.',
    TEXT: 'Writes only. It cannot make voice calls.',
  },
  priceOf: (amount: string) => `${amount} for a call of two minutes.`,
  prompt: 'Prompt',
  promptHint:
    'Names between double braces, such as {{customerName}}, are filled from each contact’s columns. {{name}} and {{phone}} are the contact’s own.',
  found: (n: number) =>
    n === 0 ? 'No variables: every contact hears the same.' : `${plural(n, 'variable')} found`,
  characters: (n: string) => `${n} of 100,000 characters`,
  preview: 'Preview',
  previewLead: 'As the agent gets it for a contact with these values.',
  exampleOf: (name: string) => `{{${name}}}`,
  exampleName: 'Jane Doe',
  missing: (names: string) =>
    `Without a value the agent gets the braces as they are: ${names}. A batch warns of contacts that lack one.`,
  emptyPreview: 'Nothing to say yet.',
  create: 'Create agent',
  save: 'Save changes',
  discard: 'Discard',
  created: (name: string) => `${name} is made.`,
  saved: (name: string) => `${name} is saved.`,
  unsaved: 'Unsaved changes',
  effect: 'Who hears the change',
  effectNew: 'Batches created from now on are called with the prompt as it is saved.',
  effectOpen: (n: number) =>
    n === 0
      ? 'No open batch calls with this agent.'
      : `${plural(n, 'open batch', 'open batches')} from its numbers ${n === 1 ? 'keeps' : 'keep'} the prompt of its creation.`,
  effectText: 'A text agent cannot call: no batch can be created from its numbers any more.',
  effectPrice: 'The price of calls changes for batches created from now on.',
  speaksFrom: 'Speaks from',
  speaksNowhere: 'No number has this agent. Assign it under Numbers, and batches can be created with it.',
  toNumbers: 'Numbers',
  changed: 'Last changed',
  id: 'Agent id',
  leaveTitle: 'Leave without saving?',
  leaveText: 'What you changed here is not saved and would be lost.',
  stay: 'Stay',
  leave: 'Leave',
} as const;
