import { useState } from 'react';
import { TextField } from '../components/field';
import { agents as words } from '../messages/agents';
import { promptVariables, renderPrompt } from '../newbatch/prompt';

/** What there is to begin with; name and phone are every contact's own. */
const FIRST = new Map([
  ['name', words.exampleName],
  ['phone', '+12025550101'],
]);

/** The prompt with example values, which can be changed. */
export function PromptPreview({ prompt }: { prompt: string }) {
  const [values, setValues] = useState<ReadonlyMap<string, string>>(FIRST);
  const names = promptVariables(prompt);
  const given = new Map([...values].filter(([, value]) => value !== ''));
  const pieces = renderPrompt(prompt, given);
  const missing = names.filter((name) => !given.has(name));
  const set = (name: string, value: string) => setValues((before) => new Map(before).set(name, value));
  return (
    <section className="panel stack" aria-labelledby="preview">
      <div>
        <h2 id="preview">{words.preview}</h2>
        <p className="muted">{words.previewLead}</p>
      </div>
      {names.length > 0 && (
        <div className="examples">
          {names.map((name) => (
            <TextField
              key={name}
              label={<span className="mono">{words.exampleOf(name)}</span>}
              autoComplete="off"
              value={values.get(name) ?? ''}
              onValue={(value) => set(name, value)}
            />
          ))}
        </div>
      )}
      <div className="spoken" data-preview>
        {prompt.trim() === '' ? <span className="muted">{words.emptyPreview}</span> : null}
        {pieces.map(({ kind, text }, index) =>
          kind === 'text' ? (
            text
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: a piece is nothing but its place
            <mark key={index} className={kind}>
              {text}
            </mark>
          ),
        )}
      </div>
      {missing.length > 0 && (
        <p className="muted small" role="status">
          {words.missing(missing.map(words.exampleOf).join(', '))}
        </p>
      )}
    </section>
  );
}
