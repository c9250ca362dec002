import { useState } from 'react';
import { FormDialog } from '../account/form-dialog';
import { Sample, SecretDialog } from '../account/secret-dialog';
import { useChange } from '../api/change';
import { useViewer } from '../api/viewer';
import { Check, SelectField, TextField } from '../components/field';
import { Icon } from '../components/icon';
import { toast } from '../components/toast';
import { graphql } from '../gql';
import type { ApiScope } from '../gql/words';
import { keys as words } from '../messages/keys';
import { useInstants } from '../state/format';
import type { KeyRow } from './keys-screen';

const CreateApiKey = graphql(`
  mutation CreateApiKey($input: CreateApiKeyInput!) {
    createApiKey(input: $input) {
      apiKey {
        ...KeyRow
      }
      secret
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const RevokeApiKey = graphql(`
  mutation RevokeApiKey($input: RevokeApiKeyInput!) {
    revokeApiKey(input: $input) {
      apiKey {
        ...KeyRow
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const SCOPES: ApiScope[] = ['READ', 'WRITE', 'ADMIN'];
const DAY = 86_400_000;

/** A request that shows whether the key works. */
const sample = (secret: string) => `curl ${location.origin}/graphql \\
  -H 'Authorization: Bearer ${secret}' \\
  -H 'Content-Type: application/json' \\
  -d '{"query":"{ viewer { scopes organization { name } } }"}'`;

/** Makes a key, and then shows it this once. */
export function NewKey({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null);
  if (!made) {
    return (
      <KeyForm
        onClose={onClose}
        onMade={(name, secret) => {
          setMade({ name, secret });
          onMade();
        }}
      />
    );
  }
  return (
    <SecretDialog title={words.madeTitle(made.name)} what={words.what} secret={made.secret} onDone={onClose}>
      <Sample label={words.sample} text={sample(made.secret)} />
    </SecretDialog>
  );
}

type KeyFormProps = { onClose: () => void; onMade: (name: string, secret: string) => void };

function KeyForm({ onClose, onMade }: KeyFormProps) {
  const viewer = useViewer();
  const instants = useInstants();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<ApiScope[]>(['READ', 'WRITE']);
  const [days, setDays] = useState('');
  const change = useChange(CreateApiKey, (data) => data.createApiKey, ['name', 'scopes', 'expiresAt']);
  const expiry = () => (days ? new Date(Date.now() + Number(days) * DAY).toISOString() : null);
  const end = expiry();
  const submit = async () => {
    const done = await change.run({ name, scopes, expiresAt: expiry() });
    if (done?.secret) onMade(done.apiKey?.name ?? name, done.secret);
  };
  return (
    <FormDialog
      title={words.addTitle}
      submit={words.addSubmit}
      change={change}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={words.name}
        hint={words.nameHint}
        error={change.at('name')}
        name="key-name"
        autoComplete="off"
        autoFocus
        value={name}
        onValue={setName}
      />
      <fieldset className="stack tight">
        <legend className="strong">{words.scopes}</legend>
        {SCOPES.map((scope) => {
          const lacking = !viewer?.scopes.includes(scope);
          return (
            <Check
              key={scope}
              label={words.scope[scope]}
              hint={[words.scopeMeaning[scope], lacking && words.scopeLacking].filter(Boolean).join(' ')}
              disabled={lacking}
              checked={scopes.includes(scope)}
              onChecked={(on) =>
                setScopes(SCOPES.filter((one) => (one === scope ? on : scopes.includes(one))))
              }
            />
          );
        })}
        {change.at('scopes') && (
          <span className="field" role="alert">
            <span className="error">
              <Icon name="warning" size={14} />
              {change.at('scopes')}
            </span>
          </span>
        )}
      </fieldset>
      <SelectField
        label={words.expiry}
        hint={end ? `${words.expiresAt(instants.short(end))} ${words.expiryHint}` : words.expiryHint}
        error={change.at('expiresAt')}
        value={days}
        onValue={setDays}
      >
        {Object.entries(words.expiryChoice)
          .sort(([a], [b]) => Number(a) - Number(b))
          .map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
      </SelectField>
    </FormDialog>
  );
}

type RevokeKeyProps = { row: KeyRow; onClose: () => void; onDone: () => void };

/** Revokes a key, having said what stops. */
export function RevokeKey({ row, onClose, onDone }: RevokeKeyProps) {
  const change = useChange(RevokeApiKey, (data) => data.revokeApiKey);
  const submit = async () => {
    if (!(await change.run({ apiKeyId: row.id }))) return;
    toast(words.revokedToast(row.name));
    onDone();
  };
  return (
    <FormDialog
      title={words.revokeTitle(row.name)}
      submit={words.revokeSubmit}
      change={change}
      danger
      onSubmit={submit}
      onClose={onClose}
    >
      <ul className="bullets">
        {words.revokeStops.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p>{words.revokeForever}</p>
    </FormDialog>
  );
}
