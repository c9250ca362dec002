// A text area whose variables are marked: below its text lies the same text,
// invisible but for the marks. Both are laid out alike, and the lower one makes
// the upper one as high as its text, so that neither scrolls by itself.
import { useMemo } from 'react';
import { Field } from '../components/field';
import { agents as words } from '../messages/agents';
import { renderPrompt } from '../newbatch/prompt';
import './agents.css';

type PromptEditorProps = {
  value: string;
  onValue: (prompt: string) => void;
  error: string | undefined;
  readOnly: boolean;
};

const none = new Map<string, string>();

/** Edits a prompt. */
export function PromptEditor({ value, onValue, error, readOnly }: PromptEditorProps) {
  const pieces = useMemo(() => renderPrompt(value, none), [value]);
  return (
    <Field label={words.prompt} hint={words.promptHint} error={error}>
      {({ className, ...attributes }) => (
        <div className={`prompt-editor ${className}`} data-invalid={error ? '' : undefined}>
          <div className="marks" aria-hidden="true">
            {pieces.map(({ kind, text }, index) =>
              kind === 'missing' ? (
                // biome-ignore lint/suspicious/noArrayIndexKey: a piece is nothing but its place
                <mark key={index}>{text}</mark>
              ) : (
                text
              ),
            )}
            {'\n'}
          </div>
          <textarea
            {...attributes}
            name="prompt"
            spellCheck={false}
            readOnly={readOnly}
            value={value}
            onChange={(event) => onValue(event.target.value)}
          />
        </div>
      )}
    </Field>
  );
}
