import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { promptVariables, renderPrompt } from './prompt';

/** A prompt and what is made of it. The server's tests read the same vectors. */
interface Vector {
  behaviour: string;
  prompt: string;
  values: Record<string, string>;
  text: string;
  variables: string[];
  missing: string[];
}

// Tests run in studio/ui.
const file = '../../calling/testdata/prompts.json';
const vectors: Vector[] = JSON.parse(readFileSync(file, 'utf8'));

for (const { behaviour, prompt, values, text, variables, missing } of vectors) {
  test(behaviour, () => {
    const pieces = renderPrompt(prompt, new Map(Object.entries(values)));
    assert.equal(pieces.map((piece) => piece.text).join(''), text);
    const names = pieces.flatMap((piece) => (piece.kind === 'missing' ? [piece.name] : []));
    assert.deepEqual([...new Set(names)], missing);
    assert.deepEqual(promptVariables(prompt), variables);
  });
}
