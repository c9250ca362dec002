import { useState } from 'react';
import { Link } from 'wouter';
import { ReadOnly } from '../account/rights';
import { usePrices } from '../agents/prices';
import { useActivity } from '../api/activity';
import { useLiveQuery } from '../api/live-query';
import { useAdmin } from '../api/viewer';
import { BatchBadge } from '../components/badge';
import { Button } from '../components/button';
import { Loaded } from '../components/loaded';
import { Notice } from '../components/notice';
import { PageHeader } from '../components/page-header';
import { graphql } from '../gql';
import type { CreditsQuery } from '../gql/graphql';
import { credits as words } from '../messages/credits';
import { architecture as kinds } from '../messages/words';
import { exactMoney, money } from '../state/format';
import { useNewest } from '../state/newest';
import { AddCredits } from './add-credits';
import { Ledger } from './ledger';
import '../account/account.css';

const Credits = graphql(`
  query Credits {
    viewer {
      organization {
        id
        credits {
          balanceMicros
          heldMicros
          availableMicros
        }
        batchJobs(first: 100, filter: { statuses: [PENDING, SCHEDULED, RUNNING, PAUSED, CANCELLING] }) {
          nodes {
            id
            name
            status
            pauseReason
            heldMicros
          }
          pageInfo {
            hasNextPage
          }
        }
      }
    }
  }
`);

type Organization = CreditsQuery['viewer']['organization'];

/** Credits: what there is, who holds it, and every change of it. */
export default function CreditsScreen() {
  const [result, ask] = useLiveQuery({ query: Credits });
  const { may, why } = useAdmin();
  const [adding, setAdding] = useState(false);
  const [epoch, setEpoch] = useState(0);
  const organization = result.data?.viewer.organization;
  return (
    <div className="stack">
      <PageHeader
        title={words.title}
        actions={
          <Button
            look="primary"
            icon="plus"
            disabled={!may || !organization}
            title={why}
            onClick={() => setAdding(true)}
          >
            {words.add}
          </Button>
        }
      >
        <p className="muted">{words.lead}</p>
      </PageHeader>
      <ReadOnly />
      <Loaded result={result} again={ask} lines={3}>
        {({ viewer }) => <Standing organization={viewer.organization} />}
      </Loaded>
      <Ledger epoch={epoch} />
      {adding && organization && (
        <AddCredits
          balance={organization.credits.balanceMicros}
          paused={outOfCredits(organization).length}
          onClose={() => setAdding(false)}
          onDone={() => {
            setAdding(false);
            setEpoch(epoch + 1);
            ask({ requestPolicy: 'network-only' });
          }}
        />
      )}
    </div>
  );
}

const outOfCredits = ({ batchJobs }: Organization) =>
  batchJobs.nodes.filter(({ status, pauseReason }) => status === 'PAUSED' && pauseReason === 'CREDITS');

function Standing({ organization }: { organization: Organization }) {
  const { credits: heard } = useActivity();
  const credits = useNewest(organization.credits, heard) ?? organization.credits;
  const { balanceMicros, heldMicros, availableMicros } = credits;
  const holders = organization.batchJobs.nodes.filter((batch) => batch.heldMicros > 0);
  const paused = outOfCredits(organization);
  return (
    <>
      <dl className="credit-figures live-numbers">
        <Figure name={words.balance} amount={balanceMicros} text={words.balanceText} />
        <Figure name={words.held} amount={heldMicros} text={words.heldText(holders.length)} />
        <Figure name={words.available} amount={availableMicros} text={words.availableText} />
      </dl>
      {paused.length > 0 && <Notice tone="warn">{words.paused(paused.length)}</Notice>}
      <div className="pair">
        {holders.length > 0 && (
          <section className="panel stack tight" aria-labelledby="held-by">
            <h2 id="held-by">{words.heldBy}</h2>
            <ul className="lines">
              {holders.map(({ id, name, status, heldMicros: held }) => (
                <li key={id} className="row spread nowrap-row">
                  <Link className="title-link clip" href={`/batches/${encodeURIComponent(id)}`}>
                    {name}
                  </Link>
                  <span className="row nowrap-row">
                    <BatchBadge status={status} />
                    <span className="live-numbers nowrap">{money(held)}</span>
                  </span>
                </li>
              ))}
            </ul>
            {organization.batchJobs.pageInfo.hasNextPage && <p className="muted small">{words.heldByMore}</p>}
          </section>
        )}
        <Prices />
      </div>
    </>
  );
}

function Figure({ name, amount, text }: { name: string; amount: number; text: string }) {
  return (
    <div className="panel">
      <dt className="muted">{name}</dt>
      <dd className="amount">{money(amount)}</dd>
      <dd className="muted small">{text}</dd>
    </div>
  );
}

function Prices() {
  const prices = usePrices();
  return (
    <section className="panel stack tight" aria-labelledby="prices">
      <h2 id="prices">{words.prices}</h2>
      {prices.size === 0 && <p className="muted">{words.pricesNone}</p>}
      <ul className="lines">
        {[...prices].map(([kind, price]) => (
          <li key={kind} className="row spread">
            <span>{kinds[kind]}</span>
            <span>{exactMoney(price)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
