import { useEffect, useState } from 'react';
import { Failure } from '../api/failure';
import { signIn } from '../api/session';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { TextField } from '../components/field';
import { Notice } from '../components/notice';
import { shell, signIn as words } from '../messages/shell';

function useSignIn() {
  const [key, setKey] = useState('');
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    if (!key.trim()) {
      setError(words.missing);
      return;
    }
    setBusy(true);
    setError('');
    try {
      await signIn(key.trim());
    } catch (thrown) {
      setError(Failure.of(thrown).message);
      setBusy(false);
    }
  };
  const field = (
    <TextField
      label={words.key}
      hint={words.keyHint}
      error={error}
      type="password"
      name="key"
      autoComplete="off"
      spellCheck={false}
      autoFocus
      value={key}
      onValue={setKey}
    />
  );
  return { field, busy, submit };
}

/** What is seen by who is not signed in, at whatever address. */
export function SignInPage({ refused }: { refused: Failure | null }) {
  const { field, busy, submit } = useSignIn();
  useEffect(() => {
    document.title = `${words.title} · ${shell.product}`;
  }, []);
  return (
    <div className="signin">
      <main>
        <div>
          <div className="brand">
            <img src="/icon.svg" alt="" />
            {shell.product}
          </div>
          <p className="muted">{words.lead}</p>
        </div>
        {refused && (
          <Notice tone="warn" title={words.linkRefused}>
            {refused.message}
          </Notice>
        )}
        <form
          className="panel"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <h1>{words.title}</h1>
          {field}
          <Button type="submit" look="primary" busy={busy}>
            {words.submit}
          </Button>
        </form>
      </main>
    </div>
  );
}

/** Asks to sign in again over the page, which keeps what was entered in it. */
export function SignInAgain() {
  const { field, busy, submit } = useSignIn();
  return (
    <Dialog
      title={words.expired}
      onSubmit={submit}
      actions={
        <Button type="submit" look="primary" busy={busy}>
          {words.submit}
        </Button>
      }
    >
      <p>{words.expiredText}</p>
      {field}
    </Dialog>
  );
}
