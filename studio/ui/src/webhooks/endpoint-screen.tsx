import { useCallback, useState } from 'react';
import { useLocation, useParams } from 'wouter';
import { Problems } from '../account/form-dialog';
import { AdminOnly } from '../account/rights';
import { useChange } from '../api/change';
import { useLiveQuery } from '../api/live-query';
import { Button } from '../components/button';
import { Copyable } from '../components/copy-button';
import { Instant } from '../components/instant';
import { Loaded } from '../components/loaded';
import { Menu } from '../components/menu';
import { Notice } from '../components/notice';
import { PageHeader } from '../components/page-header';
import { toast } from '../components/toast';
import { graphql } from '../gql';
import { webhookEvent, webhooks as words } from '../messages/webhooks';
import { NotFound } from '../shell/not-found';
import { Deliveries } from './deliveries';
import {
  DisableEndpoint,
  EditEndpoint,
  RemoveEndpoint,
  RotateEndpoint,
  UpdateEndpoint,
} from './endpoint-dialogs';
import type { Endpoint } from './endpoint-row';
import { EndpointBadge } from './webhooks-screen';
import '../account/account.css';

const EndpointQuery = graphql(`
  query EndpointById($id: ID!) {
    node(id: $id) {
      __typename
      id
      ...Endpoint
    }
  }
`);

const Ping = graphql(`
  mutation Ping($input: PingWebhookEndpointInput!) {
    pingWebhookEndpoint(input: $input) {
      webhookDelivery {
        id
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

type Asked = 'edit' | 'disable' | 'rotate' | 'remove';

/** One endpoint, and what was sent to it. */
export default function EndpointScreen() {
  const { id = '' } = useParams();
  return (
    <AdminOnly title={words.title}>
      <Reader key={id} id={id} />
    </AdminOnly>
  );
}

function Reader({ id }: { id: string }) {
  const [result, ask] = useLiveQuery({ query: EndpointQuery, variables: { id } });
  const look = useCallback(() => ask({ requestPolicy: 'network-only' }), [ask]);
  return (
    <Loaded result={result} again={ask}>
      {({ node }) =>
        node?.__typename === 'WebhookEndpoint' ? <Shown endpoint={node} look={look} /> : <NotFound />
      }
    </Loaded>
  );
}

function Shown({ endpoint, look }: { endpoint: Endpoint; look: () => void }) {
  const [, navigate] = useLocation();
  const [asked, setAsked] = useState<Asked | null>(null);
  const [sent, setSent] = useState(0);
  const ping = useChange(Ping, (data) => data.pingWebhookEndpoint);
  const enable = useChange(UpdateEndpoint, (data) => data.updateWebhookEndpoint);
  const close = () => setAsked(null);
  const sendPing = async () => {
    if (!(await ping.run({ webhookEndpointId: endpoint.id }))) return;
    toast(words.pinged);
    setSent(sent + 1);
  };
  const switchOn = async () => {
    if (await enable.run({ webhookEndpointId: endpoint.id, enabled: true })) toast(words.enabledToast);
  };
  return (
    <div className="stack">
      <PageHeader
        title={<span className="mono">{endpoint.url}</span>}
        tab={URL.parse(endpoint.url)?.host ?? words.title}
        parent={{ href: '/webhooks', label: words.title }}
        beside={<EndpointBadge endpoint={endpoint} />}
        actions={
          <>
            <Button
              look="primary"
              icon="upload"
              busy={ping.busy}
              disabled={!endpoint.enabled}
              title={endpoint.enabled ? undefined : words.offWhy}
              onClick={sendPing}
            >
              {words.ping}
            </Button>
            <Button icon="edit" onClick={() => setAsked('edit')}>
              {words.edit}
            </Button>
            <Menu
              label={words.more}
              items={[
                endpoint.enabled
                  ? { label: words.disable, icon: 'pause', onSelect: () => setAsked('disable') }
                  : { label: words.enable, icon: 'play', onSelect: switchOn },
                { label: words.rotate, icon: 'key', onSelect: () => setAsked('rotate') },
                null,
                { label: words.remove, icon: 'cross', danger: true, onSelect: () => setAsked('remove') },
              ]}
            />
          </>
        }
      >
        {endpoint.description && <p className="muted">{endpoint.description}</p>}
      </PageHeader>
      <Problems change={ping} />
      <Problems change={enable} />
      {endpoint.disabledReason && (
        <Notice
          tone="bad"
          title={words.offReason}
          actions={
            <Button compact icon="play" busy={enable.busy} onClick={switchOn}>
              {words.enable}
            </Button>
          }
        >
          {endpoint.disabledReason}
        </Notice>
      )}
      <About endpoint={endpoint} />
      <Deliveries endpoint={endpoint} epoch={sent} look={look} />
      {asked === 'edit' && <EditEndpoint endpoint={endpoint} onClose={close} />}
      {asked === 'disable' && <DisableEndpoint endpoint={endpoint} onClose={close} />}
      {asked === 'rotate' && <RotateEndpoint endpoint={endpoint} onClose={close} />}
      {asked === 'remove' && (
        <RemoveEndpoint endpoint={endpoint} onClose={close} onDone={() => navigate('/webhooks')} />
      )}
    </div>
  );
}

function About({ endpoint }: { endpoint: Endpoint }) {
  return (
    <section className="panel">
      <dl className="facts">
        <dt>{words.events}</dt>
        <dd className="tags wrap">
          {endpoint.events.map((event) => (
            <code key={event}>{webhookEvent[event]}</code>
          ))}
        </dd>
        <dt>{words.secret}</dt>
        <dd className="mono">{endpoint.secretPrefix}…</dd>
        {endpoint.previousSecretUntil && (
          <>
            <dt>{words.previousUntil}</dt>
            <dd>
              <Instant at={endpoint.previousSecretUntil} />
            </dd>
          </>
        )}
        <dt>{words.made}</dt>
        <dd>
          <Instant at={endpoint.createdAt} />
        </dd>
        <dt>{words.id}</dt>
        <dd>
          <Copyable text={endpoint.id} label={words.id} />
        </dd>
      </dl>
    </section>
  );
}
