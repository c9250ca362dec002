import { Fragment } from 'react';
import { Link } from 'wouter';
import { Sample } from '../account/secret-dialog';
import { useLiveQuery } from '../api/live-query';
import { Copyable } from '../components/copy-button';
import { PageHeader } from '../components/page-header';
import { graphql } from '../gql';
import { docs as words } from '../messages/docs';
import { Outside } from '../settings/outside';
import '../account/account.css';

const Examples = graphql(`
  query Examples {
    viewer {
      organization {
        id
        phoneNumbers(first: 1) {
          nodes {
            id
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

const { origin } = location;

/** Where the APIs are, and a request to begin with for each. */
export default function ApiScreen() {
  const [{ data }] = useLiveQuery({ query: Examples });
  const { phoneNumbers, batchJobs } = data?.viewer.organization ?? {};
  const number = phoneNumbers?.nodes[0]?.id ?? 'phone_…';
  const batch = batchJobs?.nodes[0]?.id ?? 'batch_…';
  return (
    <div className="stack narrow">
      <PageHeader title={words.title}>
        <p className="muted">{words.lead}</p>
      </PageHeader>
      <section className="panel stack" aria-labelledby="where">
        <h2 id="where">{words.where}</h2>
        <dl className="facts">
          {[
            ['GraphQL', `${origin}/graphql`],
            [words.subscriptions, `${origin.replace('http', 'ws')}/graphql`],
            ['REST', `${origin}/batch/create`],
          ].map(([name = '', url = '']) => (
            <Fragment key={name}>
              <dt>{name}</dt>
              <dd>
                <Copyable text={url} label={name} />
              </dd>
            </Fragment>
          ))}
        </dl>
        <p>
          {words.key} <code>Authorization: Bearer $KEY</code>. <Link href="/keys">{words.keys}</Link>
        </p>
        <ul className="lines">
          <li>
            <Outside href="/playground/" name={words.playground} text={words.playgroundText} />
          </li>
          <li>
            <Outside href="/openapi.json" name={words.openapi} text={words.openapiText} />
          </li>
          <li>
            <Outside href="/schema.graphqls" name={words.schema} text={words.schemaText} />
          </li>
        </ul>
      </section>
      <section className="panel stack" aria-labelledby="examples">
        <h2 id="examples">{words.examples}</h2>
        <Sample label={words.rest} text={created(number)} />
        <Sample
          label={words.graphql}
          text={asked('', '{ viewer { organization { batchJobs(first: 3) { nodes { id name status } } } } }')}
        />
        <Sample
          label={words.subscription}
          text={asked(
            '-N -H "Accept: text/event-stream" ',
            `subscription { batchProgress(batchJobId: \\"${batch}\\") { version status total contacts { completed failed } } }`,
          )}
        />
      </section>
    </div>
  );
}

const created = (number: string) => `curl ${origin}/batch/create \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"fromPhoneNumberId": "${number}", "name": "First calls", "contacts": [{"phone": "+12025550101", "name": "Ada"}]}'`;

const asked = (flags: string, query: string) => `curl ${flags}${origin}/graphql \\
  -H "Authorization: Bearer $KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"query": "${query}"}'`;
