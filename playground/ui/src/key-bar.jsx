import { useEffect, useState } from 'react';

// KeyBar is the line above GraphiQL: the way home, the API key, and what the
// server said against it ('' is nothing, null is that nobody has asked yet).
export function KeyBar({ current, objection, onUse }) {
  const [draft, setDraft] = useState(current);
  useEffect(() => setDraft(current), [current]);
  const submit = (event) => {
    event.preventDefault();
    onUse(draft.trim());
  };
  return (
    <header className="key-bar">
      <a className="key-bar-home" href="../">Outdial</a>
      <form onSubmit={submit}>
        <label htmlFor="api-key">API key</label>
        <input
          id="api-key"
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder="Paste your key"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
        />
        <button type="submit">Use key</button>
        <output id="key-status" data-accepted={objection === null ? undefined : objection === ''}>
          {status(current, objection)}
        </output>
      </form>
    </header>
  );
}

function status(key, objection) {
  if (!key) return 'No key yet';
  return objection === '' ? 'Key accepted' : objection;
}
