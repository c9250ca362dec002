import { useState } from 'react';
import { useMutation } from 'urql';
import { useLocation } from 'wouter';
import { useLiveQuery } from '../api/live-query';
import { sampleBatch } from '../api/sample';
import { Button, ButtonLink } from '../components/button';
import { Icon } from '../components/icon';
import { Loaded } from '../components/loaded';
import { FailureNotice, UserErrors } from '../components/notice';
import { PageHeader } from '../components/page-header';
import { graphql } from '../gql';
import type { FirstRunQuery } from '../gql/graphql';
import { batches, firstRun as words } from '../messages/batches';
import { money, phone } from '../state/format';
import BatchesScreen from './batches-screen';
import { NewBatchShortcut } from './new-batch-shortcut';
import './batches.css';

const FirstRun = graphql(`
  query FirstRun {
    viewer {
      organization {
        id
        carrier {
          simulated
        }
        credits {
          availableMicros
        }
        phoneNumbers(first: 100) {
          nodes {
            id
            number
            outboundAgent {
              id
              name
              architecture
            }
          }
        }
        batchJobs(first: 1) {
          nodes {
            id
          }
        }
      }
    }
  }
`);

const LoadSample = graphql(`
  mutation LoadSample($input: CreateBatchJobInput!) {
    createBatchJob(input: $input) {
      batchJob {
        id
      }
      userErrors {
        code
        message
      }
    }
  }
`);

type Organization = FirstRunQuery['viewer']['organization'];

/** The first number whose agent can speak. */
const speaking = ({ phoneNumbers }: Organization) =>
  phoneNumbers.nodes.find(({ outboundAgent }) => outboundAgent && outboundAgent.architecture !== 'TEXT');

/** The list of batches; until there is one, what is missing for it. */
export default function HomeScreen() {
  const [result, ask] = useLiveQuery({ query: FirstRun });
  return (
    <Loaded result={result} again={ask}>
      {({ viewer: { organization } }) =>
        organization.batchJobs.nodes.length > 0 ? (
          <BatchesScreen />
        ) : (
          <Checklist organization={organization} />
        )
      }
    </Loaded>
  );
}

type Step = { title: string; done: boolean; text: string; href?: string; action?: string };

function steps(organization: Organization): Step[] {
  const { phoneNumbers, credits } = organization;
  const first = phoneNumbers.nodes[0];
  const number = speaking(organization);
  return [
    {
      title: words.number,
      done: first !== undefined,
      text: first ? words.numberDone(phone((number ?? first).number)) : words.numberTodo,
      href: '/numbers',
      action: words.numberAction,
    },
    {
      title: words.agent,
      done: number !== undefined,
      text: number?.outboundAgent
        ? words.agentDone(number.outboundAgent.name, phone(number.number))
        : words.agentTodo,
      href: '/agents',
      action: words.agentAction,
    },
    {
      title: words.credits,
      done: credits.availableMicros > 0,
      text:
        credits.availableMicros > 0 ? words.creditsDone(money(credits.availableMicros)) : words.creditsTodo,
      href: '/credits',
      action: words.creditsAction,
    },
  ];
}

function Checklist({ organization }: { organization: Organization }) {
  const list = steps(organization);
  const ready = list.every(({ done }) => done);
  return (
    <div className="stack narrow">
      <NewBatchShortcut />
      <PageHeader title={words.title}>
        <p className="muted">{words.lead}</p>
      </PageHeader>
      <ol className="checklist">
        {list.map(({ title, done, text, href, action }, index) => (
          <li key={title}>
            <Mark number={index + 1} done={done} />
            <div>
              <h2>{title}</h2>
              <p className="muted">{text}</p>
            </div>
            {!done && href && (
              <div className="end">
                <ButtonLink href={href}>{action}</ButtonLink>
              </div>
            )}
          </li>
        ))}
        <li>
          <Mark number={list.length + 1} done={false} />
          <div>
            <h2>{words.batch}</h2>
            <p className="muted">{ready ? words.batchTodo : words.batchLater}</p>
          </div>
          {ready && <FirstBatch organization={organization} />}
        </li>
      </ol>
    </div>
  );
}

function Mark({ number, done }: { number: number; done: boolean }) {
  return (
    <span className={done ? 'mark done' : 'mark'}>
      {done ? <Icon name="check" /> : <span aria-hidden="true">{number}</span>}
      <span className="sr-only">{done ? words.done : words.todo}</span>
    </span>
  );
}

function FirstBatch({ organization }: { organization: Organization }) {
  const [, navigate] = useLocation();
  const [result, create] = useMutation(LoadSample);
  const [key] = useState(() => crypto.getRandomValues(new Uint32Array(4)).join('-'));
  const number = speaking(organization);
  const load = async () => {
    if (!number) return;
    const { data } = await create({ input: sampleBatch(number.id, key) });
    const made = data?.createBatchJob.batchJob;
    if (made) navigate(`/batches/${made.id}`);
  };
  return (
    <div className="end">
      {organization.carrier.simulated && (
        <Button look="primary" icon="play" busy={result.fetching} title={words.sampleHint} onClick={load}>
          {words.loadSample}
        </Button>
      )}
      <ButtonLink href="/batches/new" icon="plus">
        {batches.newBatch}
      </ButtonLink>
      {result.error && <FailureNotice error={result.error} again={load} />}
      <UserErrors errors={result.data?.createBatchJob.userErrors ?? []} />
    </div>
  );
}
