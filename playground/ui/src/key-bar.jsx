import { useEffect, useState } from 'react';
import { organization } from './session.js';

// KeyBar is the line above GraphiQL: the way home, the API key, and what the
// server said against it ('' is nothing, null is that nobody has asked yet).
// Without a key it says who is signed in.
export function KeyBar({ current, objection, onUse }) {
  const [draft, setDraft] = useState(current);
  useEffect(() => setDraft(current), [current]);
  const [name, setName] = useState('');
  useEffect(() => {
    if (!current) organization().then(setName);
  }, [current]);
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
          placeholder={name ? 'Not needed' : 'Paste your key'}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
        />
        <button type="submit">Use key</button>
        <output id="key-status" data-accepted={accepted(current, objection, name)}>
          {status(current, objection, name)}
        </output>
      </form>
    </header>
  );
}

function status(key, objection, name) {
  if (!key) return name ? `Signed in as ${name}` : 'No key yet';
  return objection === '' ? 'Key accepted' : objection;
}

// accepted says whether what there is to sign in with is good; undefined where
// that is not known.
function accepted(key, objection, name) {
  if (!key) return name ? true : undefined;
  return objection === null ? undefined : objection === '';
}
