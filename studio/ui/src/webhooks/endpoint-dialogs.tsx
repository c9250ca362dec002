import { useState } from 'react';
import { FormDialog } from '../account/form-dialog';
import { Sample, SecretDialog } from '../account/secret-dialog';
import { type Change, useChange } from '../api/change';
import { Check, SelectField, TextField } from '../components/field';
import { Icon } from '../components/icon';
import { toast } from '../components/toast';
import { graphql } from '../gql';
import type { WebhookEventType } from '../gql/words';
import { common } from '../messages/shell';
import { webhookEvent, webhookEventMeaning, webhooks as words } from '../messages/webhooks';
import { type Endpoint, EVENTS } from './endpoint-row';

const CreateEndpoint = graphql(`
  mutation CreateEndpoint($input: CreateWebhookEndpointInput!) {
    createWebhookEndpoint(input: $input) {
      webhookEndpoint {
        ...Endpoint
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

export const UpdateEndpoint = graphql(`
  mutation UpdateEndpoint($input: UpdateWebhookEndpointInput!) {
    updateWebhookEndpoint(input: $input) {
      webhookEndpoint {
        ...Endpoint
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const DeleteEndpoint = graphql(`
  mutation DeleteEndpoint($input: DeleteWebhookEndpointInput!) {
    deleteWebhookEndpoint(input: $input) {
      webhookEndpointId
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const RotateSecret = graphql(`
  mutation RotateSecret($input: RotateWebhookSecretInput!) {
    rotateWebhookSecret(input: $input) {
      webhookEndpoint {
        ...Endpoint
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

const FIELDS = ['url', 'description', 'events'];

type Draft = { url: string; description: string; events: WebhookEventType[] };

/** How a receiver checks that an event is genuine; as Standard Webhooks has it. */
const VERIFY = `import { createHmac, timingSafeEqual } from 'node:crypto';

// headers of the request, its body as it came, and the secret
export function genuine(headers, body, secret) {
  const id = headers['webhook-id'];
  const at = headers['webhook-timestamp'];
  if (Math.abs(Date.now() / 1000 - at) > 300) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const mine = createHmac('sha256', key).update(\`\${id}.\${at}.\${body}\`).digest();
  return headers['webhook-signature'].split(' ').some((one) => {
    const theirs = Buffer.from(one.replace(/^v1,/, ''), 'base64');
    return theirs.length === mine.length && timingSafeEqual(theirs, mine);
  });
}`;

/** Makes an endpoint, and then shows its secret this once. */
export function NewEndpoint({ onClose, onDone }: { onClose: () => void; onDone: (id: string) => void }) {
  const [made, setMade] = useState<{ id: string; secret: string } | null>(null);
  const [draft, setDraft] = useState<Draft>({ url: '', description: '', events: EVENTS });
  const change = useChange(CreateEndpoint, (data) => data.createWebhookEndpoint, FIELDS);
  const submit = async () => {
    const done = await change.run(draft);
    if (done?.webhookEndpoint && done.secret) setMade({ id: done.webhookEndpoint.id, secret: done.secret });
  };
  if (made) {
    return <Secret title={words.secretTitle} secret={made.secret} onDone={() => onDone(made.id)} />;
  }
  return (
    <FormDialog
      title={words.addTitle}
      submit={words.addSubmit}
      change={change}
      onSubmit={submit}
      onClose={onClose}
    >
      <Fields change={change} draft={draft} onDraft={setDraft} />
    </FormDialog>
  );
}

type OneProps = { endpoint: Endpoint; onClose: () => void };

/** Changes where events go and which. */
export function EditEndpoint({ endpoint, onClose }: OneProps) {
  const { url, description, events } = endpoint;
  const [draft, setDraft] = useState<Draft>({ url, description: description ?? '', events });
  const change = useChange(UpdateEndpoint, (data) => data.updateWebhookEndpoint, FIELDS);
  const submit = async () => {
    if (!(await change.run({ webhookEndpointId: endpoint.id, ...draft }))) return;
    toast(words.saved);
    onClose();
  };
  return (
    <FormDialog
      title={words.editTitle}
      submit={common.save}
      change={change}
      onSubmit={submit}
      onClose={onClose}
    >
      <Fields change={change} draft={draft} onDraft={setDraft} />
      <p className="muted small">{words.effectEdit}</p>
    </FormDialog>
  );
}

type FieldsProps = {
  change: Pick<Change<never, unknown>, 'at'>;
  draft: Draft;
  onDraft: (draft: Draft) => void;
};

function Fields({ change, draft, onDraft }: FieldsProps) {
  const wrong = change.at('events');
  return (
    <>
      <TextField
        label={words.url}
        hint={words.urlHint}
        error={change.at('url')}
        type="url"
        name="url"
        autoComplete="off"
        autoFocus
        value={draft.url}
        onValue={(url) => onDraft({ ...draft, url })}
      />
      <TextField
        label={words.description}
        hint={words.descriptionHint}
        error={change.at('description')}
        name="description"
        autoComplete="off"
        value={draft.description}
        onValue={(description) => onDraft({ ...draft, description })}
      />
      <fieldset className="stack tight">
        <legend className="strong">{words.events}</legend>
        {EVENTS.map((event) => (
          <Check
            key={event}
            label={<span className="mono">{webhookEvent[event]}</span>}
            hint={webhookEventMeaning[event]}
            checked={draft.events.includes(event)}
            onChecked={(on) =>
              onDraft({
                ...draft,
                events: EVENTS.filter((one) => (one === event ? on : draft.events.includes(one))),
              })
            }
          />
        ))}
        {wrong && (
          <span className="field" role="alert">
            <span className="error">
              <Icon name="warning" size={14} />
              {wrong}
            </span>
          </span>
        )}
      </fieldset>
    </>
  );
}

/** Switches an endpoint off, having said what stops. */
export function DisableEndpoint({ endpoint, onClose }: OneProps) {
  const change = useChange(UpdateEndpoint, (data) => data.updateWebhookEndpoint);
  const submit = async () => {
    if (!(await change.run({ webhookEndpointId: endpoint.id, enabled: false }))) return;
    toast(words.disabledToast);
    onClose();
  };
  return (
    <FormDialog
      title={words.disableTitle}
      submit={words.disable}
      change={change}
      danger
      onSubmit={submit}
      onClose={onClose}
    >
      <Bullets lines={words.disableText} />
    </FormDialog>
  );
}

/** Deletes an endpoint, having said what is lost. */
export function RemoveEndpoint({ endpoint, onClose, onDone }: OneProps & { onDone: () => void }) {
  const change = useChange(DeleteEndpoint, (data) => data.deleteWebhookEndpoint);
  const submit = async () => {
    if (!(await change.run({ webhookEndpointId: endpoint.id }))) return;
    toast(words.removed);
    onDone();
  };
  return (
    <FormDialog
      title={words.removeTitle}
      submit={words.removeSubmit}
      change={change}
      danger
      onSubmit={submit}
      onClose={onClose}
    >
      <p className="mono">{endpoint.url}</p>
      <Bullets lines={words.removeText} />
    </FormDialog>
  );
}

/** Gives an endpoint another secret, with a time in which both sign. */
export function RotateEndpoint({ endpoint, onClose }: OneProps) {
  const [overlap, setOverlap] = useState('86400');
  const [secret, setSecret] = useState('');
  const change = useChange(RotateSecret, (data) => data.rotateWebhookSecret, ['overlapSeconds']);
  const submit = async () => {
    const done = await change.run({ webhookEndpointId: endpoint.id, overlapSeconds: Number(overlap) });
    if (done?.secret) setSecret(done.secret);
  };
  if (secret) return <Secret title={words.rotatedTitle} secret={secret} onDone={onClose} />;
  return (
    <FormDialog
      title={words.rotateTitle}
      submit={words.rotateSubmit}
      change={change}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>{words.rotateText}</p>
      <SelectField
        label={words.overlap}
        hint={words.overlapHint}
        error={change.at('overlapSeconds')}
        value={overlap}
        onValue={setOverlap}
      >
        {words.overlapChoice.map(([seconds, label]) => (
          <option key={seconds} value={seconds}>
            {label}
          </option>
        ))}
      </SelectField>
    </FormDialog>
  );
}

type SecretProps = { title: string; secret: string; onDone: () => void };

function Secret({ title, secret, onDone }: SecretProps) {
  return (
    <SecretDialog title={title} what={words.what} secret={secret} onDone={onDone}>
      <Sample label={words.verify} text={VERIFY} />
    </SecretDialog>
  );
}

function Bullets({ lines }: { lines: readonly string[] }) {
  return (
    <ul className="bullets">
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
