import { useState } from 'react';
import { Problems } from '../account/form-dialog';
import { useActivity } from '../api/activity';
import { useChange } from '../api/change';
import { useAdmin, useViewer, type Viewer } from '../api/viewer';
import { Button } from '../components/button';
import { TextField } from '../components/field';
import { Skeleton } from '../components/loaded';
import { Notice } from '../components/notice';
import { toast } from '../components/toast';
import { graphql } from '../gql';
import { settings as words } from '../messages/settings';

const UpdateOrganization = graphql(`
  mutation UpdateOrganization($input: UpdateOrganizationInput!) {
    updateOrganization(input: $input) {
      organization {
        id
        name
        concurrentCallLimit
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const MOST_CALLS = 1_000;

/** What the organization is called, and how many calls it may have at once. */
export function Organization() {
  const viewer = useViewer();
  return (
    <section className="panel stack" aria-labelledby="organization">
      <h2 id="organization">{words.organization}</h2>
      {viewer ? <Form key={viewer.organization.id} viewer={viewer} /> : <Skeleton lines={3} />}
    </section>
  );
}

function Form({ viewer: { organization } }: { viewer: Viewer }) {
  const { may, why } = useAdmin();
  const [name, setName] = useState(organization.name);
  const [limit, setLimit] = useState(String(organization.concurrentCallLimit));
  const change = useChange(UpdateOrganization, (data) => data.updateOrganization, [
    'name',
    'concurrentCallLimit',
  ]);
  const number = /^\d{1,4}$/.test(limit.trim()) ? Number(limit) : 0;
  const whole = number >= 1 && number <= MOST_CALLS ? number : null;
  const same = name === organization.name && whole === organization.concurrentCallLimit;
  const submit = async () => {
    if (whole === null) return;
    const done = await change.run({ name, concurrentCallLimit: whole });
    if (!done) return;
    if (done.organization) setName(done.organization.name);
    toast(words.saved);
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextField
        label={words.name}
        error={change.at('name')}
        name="organization"
        autoComplete="off"
        disabled={!may}
        value={name}
        onValue={setName}
      />
      <TextField
        label={words.limit}
        hint={words.limitHint}
        error={whole === null ? words.limitWrong : change.at('concurrentCallLimit')}
        name="limit"
        inputMode="numeric"
        autoComplete="off"
        disabled={!may}
        value={limit}
        onValue={setLimit}
      />
      {whole !== null && <Effect before={organization.concurrentCallLimit} after={whole} />}
      <Problems change={change} />
      <div className="row">
        <Button
          type="submit"
          look="primary"
          busy={change.busy}
          disabled={!may || same || whole === null}
          title={why}
        >
          {words.save}
        </Button>
        <span className="muted small">{why}</span>
      </div>
    </form>
  );
}

function Effect({ before, after }: { before: number; after: number }) {
  const { callsInFlight } = useActivity();
  if (before === after) return null;
  return (
    <Notice tone="info">
      {after > before ? words.raised(after) : words.lowered(after, callsInFlight ?? 0)}
    </Notice>
  );
}
