import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { AdminOnly } from '../account/rights';
import { useLiveQuery } from '../api/live-query';
import { useAdmin } from '../api/viewer';
import { Badge } from '../components/badge';
import { Button } from '../components/button';
import { EmptyState } from '../components/empty-state';
import { Loaded } from '../components/loaded';
import { PageHeader } from '../components/page-header';
import { graphql } from '../gql';
import { webhooks as words } from '../messages/webhooks';
import { NewEndpoint } from './endpoint-dialogs';
import { type Endpoint, EVENTS } from './endpoint-row';
import '../account/account.css';

const Endpoints = graphql(`
  query Endpoints {
    viewer {
      organization {
        id
        webhookEndpoints(first: 100) {
          nodes {
            ...Endpoint
          }
        }
      }
    }
  }
`);

// Of a list without any there is nothing that a change could be of.
const context = { additionalTypenames: ['WebhookEndpoint'] };

/** Where events are sent. */
export default function WebhooksScreen() {
  const { may, why } = useAdmin();
  const [, navigate] = useLocation();
  const [adding, setAdding] = useState(false);
  const add = (
    <Button look="primary" icon="plus" disabled={!may} title={why} onClick={() => setAdding(true)}>
      {words.add}
    </Button>
  );
  return (
    <div className="stack narrow">
      <PageHeader title={words.title} actions={add}>
        <p className="muted">{words.lead}</p>
      </PageHeader>
      <AdminOnly>
        <List add={add} />
      </AdminOnly>
      {adding && (
        <NewEndpoint
          onClose={() => setAdding(false)}
          onDone={(id) => navigate(`/webhooks/${encodeURIComponent(id)}`)}
        />
      )}
    </div>
  );
}

function List({ add }: { add: React.ReactNode }) {
  const [result, ask] = useLiveQuery({ query: Endpoints, context });
  return (
    <Loaded result={result} again={ask}>
      {({ viewer }) => {
        const { nodes } = viewer.organization.webhookEndpoints;
        if (nodes.length === 0) {
          return (
            <EmptyState icon="webhook" title={words.emptyTitle} actions={add}>
              {words.emptyText}
            </EmptyState>
          );
        }
        return (
          <ul className="panel lines" aria-label={words.list}>
            {nodes.map((endpoint) => (
              <Line key={endpoint.id} endpoint={endpoint} />
            ))}
          </ul>
        );
      }}
    </Loaded>
  );
}

function Line({ endpoint }: { endpoint: Endpoint }) {
  const { id, url, description, events } = endpoint;
  return (
    <li className="row spread nowrap-row">
      <div className="stack card-lines">
        <Link className="title-link mono clip" href={`/webhooks/${encodeURIComponent(id)}`}>
          {url}
        </Link>
        <span className="muted small clip">
          {[description, events.length === EVENTS.length ? words.everyEvent : words.someEvents(events.length)]
            .filter(Boolean)
            .join(' · ')}
        </span>
      </div>
      <EndpointBadge endpoint={endpoint} />
    </li>
  );
}

/** Whether events are sent to an endpoint. */
export function EndpointBadge({ endpoint: { enabled, disabledReason } }: { endpoint: Endpoint }) {
  if (enabled) {
    return (
      <Badge tone="good" icon="check">
        {words.on}
      </Badge>
    );
  }
  return (
    <Badge tone={disabledReason ? 'bad' : 'calm'} icon={disabledReason ? 'warning' : 'pause'}>
      {words.off}
    </Badge>
  );
}
