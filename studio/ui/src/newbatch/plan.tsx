import { Button, ButtonLink } from '../components/button';
import { Icon } from '../components/icon';
import { FailureNotice, Notice } from '../components/notice';
import { newBatch as messages } from '../messages/newbatch';
import { count, money, plural } from '../state/format';
import type { Creation } from './create';
import type { Form } from './form';
import { fasterLimits, roughly } from './sentence';
import type { ServerCheck } from './server-check';

type PlanProps = {
  form: Form;
  change: (change: Partial<Form>) => void;
  server: ServerCheck;
  creation: Creation;
  /** Whether the draft is not what the creation was about. */
  changed: boolean;
  /** The plan as one sentence; empty while it is not complete. */
  words: string;
  /** What is wrong and has no field to stand beside, or is wanted all together. */
  wrong: readonly string[];
  ready: boolean;
  /** What is lacking for figures. */
  need: string;
  most: number;
  submit: () => void;
};

/** What the batch costs and takes, in figures and in a sentence, and the button that begins it. */
export function Plan(props: PlanProps) {
  const { form, server, creation, words, wrong, ready, submit } = props;
  const credits = server.answer?.credits;
  const missing = credits && credits.missingMicros > 0 ? credits.missingMicros : 0;
  return (
    <section className="panel stack plan" aria-labelledby="plan">
      <h2 id="plan">{messages.plan}</h2>
      {server.answer?.estimate ? <Figures {...props} /> : <p className="muted">{props.need}</p>}
      {words && (
        <p className="sentence" data-part="sentence">
          {words}
        </p>
      )}
      <Warnings server={server} />
      {wrong.length > 0 && (
        <Notice tone="bad" announce title={messages.mend(wrong.length)}>
          <ul>
            {wrong.map((message) => (
              <li key={message}>{message}</li>
            ))}
          </ul>
        </Notice>
      )}
      <Unanswered {...props} />
      <div className="row end">
        {missing > 0 && (
          <>
            <span className="bad-text">
              <Icon name="warning" size={14} /> {messages.missingCredits(money(missing))}
            </span>
            <ButtonLink href="/credits">{messages.toCredits}</ButtonLink>
          </>
        )}
        <Button
          look="primary"
          icon={form.start === 'now' ? 'play' : 'clock'}
          busy={creation.busy}
          disabled={!ready || missing > 0}
          onClick={submit}
          data-part="submit"
        >
          {creation.busy
            ? messages.creating
            : form.start === 'now'
              ? messages.startBatch
              : messages.scheduleBatch}
        </Button>
      </div>
    </section>
  );
}

function Figures({ form, change, server, most }: PlanProps) {
  const { estimate, credits, totalContacts } = server.answer ?? {};
  if (!estimate) return null;
  const limit = estimate.effectiveConcurrentCallLimit;
  const at: Record<number, number> = { 10: estimate.at10, 20: estimate.at20, 50: estimate.at50 };
  const faster = fasterLimits(Number(form.limit), Math.min(most, 50)).filter(
    (other) => (at[other] ?? estimate.durationSeconds) < estimate.durationSeconds,
  );
  return (
    <dl className={server.waiting ? 'figures old' : 'figures'} data-part="figures">
      <div>
        <dt>{messages.contacts}</dt>
        <dd>{count(totalContacts ?? 0)}</dd>
      </div>
      <div>
        <dt>{messages.cost}</dt>
        <dd>{messages.about(money(estimate.costMicros))}</dd>
        <dd className="muted small">{messages.atMost(money(estimate.worstCaseCostMicros))}</dd>
      </div>
      {credits && (
        <div>
          <dt>{messages.creditsLeft}</dt>
          <dd className={credits.remainingMicros < 0 ? 'bad-text' : undefined}>
            {money(credits.remainingMicros)}
          </dd>
          <dd className="muted small">{messages.creditsOf(money(credits.availableMicros))}</dd>
        </div>
      )}
      <div>
        <dt>{messages.duration}</dt>
        <dd>{messages.about(roughly(estimate.durationSeconds))}</dd>
        <dd className="muted small">{messages.atLimit(limit)}</dd>
        {faster.map((other) => (
          <dd key={other}>
            <Button
              compact
              aria-label={messages.raise(other)}
              title={messages.raise(other)}
              onClick={() => change({ limit: String(other) })}
            >
              {messages.faster(roughly(at[other] ?? 0), other)}
            </Button>
          </dd>
        ))}
      </div>
    </dl>
  );
}

/** What may surprise, but for what is told beside the columns and the start already. */
function Warnings({ server: { answer } }: Pick<PlanProps, 'server'>) {
  const credits = answer?.credits;
  const warnings = answer?.warnings.filter(({ code }) => code === 'LIMIT_ABOVE_ORGANIZATION') ?? [];
  const short = credits && credits.missingMicros > 0;
  return (
    <>
      {warnings.map(({ code, message }) => (
        <Notice key={code} tone="warn" title={message} />
      ))}
      {short && credits.affordableContacts > 0 && (
        <Notice tone="warn" title={messages.affordable(credits.affordableContacts)} />
      )}
      {credits && !short && credits.worstCaseMissingMicros > 0 && (
        <Notice tone="info" title={messages.mayRunOut(money(credits.worstCaseMissingMicros))} />
      )}
    </>
  );
}

function Unanswered({ creation, changed }: PlanProps) {
  if (!creation.failure) return null;
  if (!creation.unanswered) return <FailureNotice error={creation.failure} />;
  const see = <ButtonLink href="/batches">{messages.seeBatches}</ButtonLink>;
  return changed ? (
    <Notice tone="warn" announce title={messages.changedSince} actions={see}>
      {messages.changedSinceText}
    </Notice>
  ) : (
    <Notice tone="bad" announce title={messages.unanswered} actions={see}>
      {messages.unansweredText}
    </Notice>
  );
}

/** "9,698 people", "1 person". */
export const people = (n: number) => plural(n, 'person', 'people');
