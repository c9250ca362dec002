// Puts values into prompts by the rules that calls are made by.
const PLACEHOLDER = /\{\{[\t\n\f\r ]*([^{}\t\n\f\r ](?:[^{}]*[^{}\t\n\f\r ])?)[\t\n\f\r ]*\}\}/gu;

/** A piece of a prompt; a name without a value stands as it is written. */
export type Piece = { kind: 'text' | 'value' | 'missing'; text: string; name?: string };

/** The prompt in pieces, with the values put in. */
export function renderPrompt(prompt: string, values: ReadonlyMap<string, string>): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of prompt.matchAll(PLACEHOLDER)) {
    const [text, name = ''] = match;
    const value = values.get(name);
    if (match.index > end) pieces.push({ kind: 'text', text: prompt.slice(end, match.index) });
    pieces.push(value === undefined ? { kind: 'missing', text, name } : { kind: 'value', text: value, name });
    end = match.index + text.length;
  }
  if (end < prompt.length) pieces.push({ kind: 'text', text: prompt.slice(end) });
  return pieces;
}

/** The names between double braces, each once, in order of first use. */
export function promptVariables(prompt: string): string[] {
  const names = renderPrompt(prompt, new Map()).flatMap(({ name }) => name ?? []);
  return [...new Set(names)];
}
