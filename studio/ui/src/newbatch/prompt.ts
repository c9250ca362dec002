import type { Values } from './reading/values';

const placeholder = /\{\{[\t\n\f\r ]*([^{}\t\n\f\r ](?:[^{}]*[^{}\t\n\f\r ])?)[\t\n\f\r ]*\}\}/gu;

/** A piece of a prompt. */
export type Piece =
  | { kind: 'text'; text: string }
  /** A value that was put in, and the name it was put in for. */
  | { kind: 'value'; text: string; name: string }
  /** A name without a value, as it is written; an agent would read it aloud. */
  | { kind: 'missing'; text: string; name: string };

/** The names between double braces in a prompt, each once, in order of first use. */
export function promptVariables(prompt: string): string[] {
  return [...new Set(Array.from(prompt.matchAll(placeholder), (match) => match[1] ?? ''))];
}

/** Puts values into a prompt by the server's rules. */
export function renderPrompt(prompt: string, values: Values): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  const text = (to: number) => {
    if (to > end) {
      pieces.push({ kind: 'text', text: prompt.slice(end, to) });
    }
  };
  for (const match of prompt.matchAll(placeholder)) {
    text(match.index);
    const name = match[1] ?? '';
    const value = values.get(name);
    pieces.push(
      value === undefined ? { kind: 'missing', text: match[0], name } : { kind: 'value', text: value, name },
    );
    end = match.index + match[0].length;
  }
  text(prompt.length);
  return pieces;
}
