import { useEffect } from 'react';
import { Problems } from '../account/form-dialog';
import { useChange } from '../api/change';
import { useLiveQuery } from '../api/live-query';
import { Button } from '../components/button';
import { Copyable, CopyButton } from '../components/copy-button';
import { Instant } from '../components/instant';
import { Loaded } from '../components/loaded';
import { Notice } from '../components/notice';
import { SidePanel } from '../components/side-panel';
import { toast } from '../components/toast';
import { graphql } from '../gql';
import type { DeliveryByIdQuery } from '../gql/graphql';
import { shell } from '../messages/shell';
import { webhookEvent, webhooks as words } from '../messages/webhooks';
import { count } from '../state/format';
import { DeliveryBadge } from './deliveries';

const DeliveryQuery = graphql(`
  query DeliveryById($id: ID!) {
    node(id: $id) {
      __typename
      id
      ... on WebhookDelivery {
        ...Delivery
        payload
        responseBody
      }
    }
  }
`);

const Replay = graphql(`
  mutation Replay($input: ReplayWebhookDeliveryInput!) {
    replayWebhookDelivery(input: $input) {
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

type Node = NonNullable<DeliveryByIdQuery['node']>;
type Delivery = Extract<Node, { __typename: 'WebhookDelivery' }>;

type PanelProps = {
  id: string;
  /** Changes when the delivery has, as far as the list knows. */
  version: string;
  enabled: boolean;
  onClose: () => void;
  onReplayed: (id: string) => void;
};

/** All of one delivery: what is sent, and what was answered. */
export function DeliveryPanel({ id, version, enabled, onClose, onReplayed }: PanelProps) {
  const [result, ask] = useLiveQuery({ query: DeliveryQuery, variables: { id } });
  useEffect(() => {
    if (version) ask({ requestPolicy: 'network-only' });
  }, [version, ask]);
  const node = result.data?.node;
  const delivery = node?.__typename === 'WebhookDelivery' && node.id === id ? node : null;
  return (
    <SidePanel
      title={delivery ? words.panel(webhookEvent[delivery.event]) : words.log}
      of={id}
      onClose={onClose}
    >
      <Loaded result={result} again={ask}>
        {() =>
          delivery ? (
            <Shown delivery={delivery} enabled={enabled} onReplayed={onReplayed} />
          ) : (
            <p className="muted">{result.fetching || result.stale ? '' : shell.notFound}</p>
          )
        }
      </Loaded>
    </SidePanel>
  );
}

type ShownProps = { delivery: Delivery; enabled: boolean; onReplayed: (id: string) => void };

function Shown({ delivery, enabled, onReplayed }: ShownProps) {
  const change = useChange(Replay, (data) => data.replayWebhookDelivery);
  const replay = async () => {
    const done = await change.run({ webhookDeliveryId: delivery.id });
    if (!done?.webhookDelivery) return;
    toast(words.replayed);
    onReplayed(done.webhookDelivery.id);
  };
  const why = delivery.status === 'PENDING' ? words.replayPending : enabled ? '' : words.offWhy;
  return (
    <>
      <dl className="facts">
        <dt>{words.status}</dt>
        <dd>
          <DeliveryBadge status={delivery.status} />
        </dd>
        <dt>{words.tries}</dt>
        <dd>{count(delivery.tries)}</dd>
        <dt>{words.when}</dt>
        <dd>
          <Instant at={delivery.createdAt} />
        </dd>
        {delivery.deliveredAt && (
          <>
            <dt>{words.delivered}</dt>
            <dd>
              <Instant at={delivery.deliveredAt} />
            </dd>
          </>
        )}
        {delivery.nextTryAt && (
          <>
            <dt>{words.nextTry}</dt>
            <dd>
              <Instant at={delivery.nextTryAt} />
            </dd>
          </>
        )}
        <dt>{words.eventId}</dt>
        <dd>
          <Copyable text={delivery.eventId} label={words.eventId} />
        </dd>
        <dt>{words.deliveryId}</dt>
        <dd>
          <Copyable text={delivery.id} label={words.deliveryId} />
        </dd>
      </dl>
      {delivery.error && (
        <Notice tone={delivery.status === 'FAILED' ? 'bad' : 'warn'} title={words.error}>
          {delivery.error}
        </Notice>
      )}
      <Body title={words.answerBody} {...answerOf(delivery)} />
      <Body title={words.payload} text={pretty(delivery.payload)} />
      <Problems change={change} />
      <div className="stack tight">
        <div>
          <Button icon="retry" busy={change.busy} disabled={why !== ''} title={why} onClick={replay}>
            {words.replay}
          </Button>
        </div>
        <p className="muted small">{why || words.replayText}</p>
      </div>
    </>
  );
}

/** JSON as people read it; anything else as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function answerOf({ responseStatus, responseBody }: Delivery) {
  if (typeof responseStatus !== 'number') return { text: '', instead: words.noAnswer };
  return {
    beside: words.httpStatus(responseStatus),
    text: responseBody ?? '',
    instead: words.emptyAnswer,
  };
}

type BodyProps = { title: string; beside?: string; text: string; instead?: string };

function Body({ title, beside, text, instead }: BodyProps) {
  return (
    <section className="stack tight" aria-label={title}>
      <div className="row spread">
        <h3>
          {title} {beside && <span className="muted">{beside}</span>}
        </h3>
        {text && <CopyButton text={text} label={title} />}
      </div>
      {text ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard
        <pre className="sample" tabIndex={0}>
          {text}
        </pre>
      ) : (
        <p className="muted">{instead}</p>
      )}
    </section>
  );
}
