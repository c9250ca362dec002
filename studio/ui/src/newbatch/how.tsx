import { useState } from 'react';
import { Button, ButtonLink } from '../components/button';
import { Combobox } from '../components/combobox';
import { SelectField, TextField } from '../components/field';
import { FailureNotice, Notice } from '../components/notice';
import { newBatch as messages } from '../messages/newbatch';
import { architecture } from '../messages/words';
import { phone, price } from '../state/format';
import type { Contacts } from './contacts-state';
import type { FieldErrors, Form } from './form';
import { Hours } from './hours';
import { type FormChoices, type PhoneNumber, speaks } from './numbers';
import { Preview } from './preview';
import { type ResolvedStart, Start } from './start';

type HowProps = {
  form: Form;
  change: (change: Partial<Form>) => void;
  errors: FieldErrors;
  choices: FormChoices;
  contacts: Contacts;
  start: ResolvedStart | null;
};

/** The third section: from where, how fast, how often and when. */
export function How({ form, change, errors, choices, contacts, start }: HowProps) {
  const { organization } = choices;
  const most = organization?.concurrentCallLimit ?? 0;
  const free = Math.max(0, most - (organization?.callsInFlight ?? 0));
  return (
    <section className="panel stack" aria-labelledby="how">
      <h2 id="how">
        <span className="step">3</span> {messages.how}
      </h2>
      <div className="two">
        <TextField
          label={messages.name}
          value={form.name}
          onValue={(name) => change({ name })}
          error={errors.name}
          autoComplete="off"
          data-field="name"
        />
        <TextField
          label={messages.descriptionOptional}
          value={form.description}
          onValue={(description) => change({ description })}
          error={errors.description}
          autoComplete="off"
        />
      </div>
      <From form={form} change={change} errors={errors} choices={choices} contacts={contacts} />
      <div className="two">
        <TextField
          label={messages.atOnce}
          type="number"
          min={1}
          max={50}
          inputMode="numeric"
          value={form.limit}
          onValue={(limit) => change({ limit })}
          error={errors.limit}
          hint={organization && messages.freeNow(free, most)}
        />
        <TextField
          label={messages.attempts}
          type="number"
          min={1}
          max={10}
          inputMode="numeric"
          value={form.attempts}
          onValue={(attempts) => change({ attempts })}
          error={errors.attempts}
          hint={messages.attemptsHint}
        />
      </div>
      <Hours form={form} change={change} errors={errors} />
      <Start form={form} change={change} errors={errors} resolved={start} />
    </section>
  );
}

function From({ form, change, errors, choices, contacts }: Omit<HowProps, 'start'>) {
  const [previewing, setPreviewing] = useState(false);
  const { numbers, failure, again } = choices;
  if (!numbers) {
    return failure ? (
      <FailureNotice error={failure} again={again} />
    ) : (
      <p className="muted">{messages.loading}…</p>
    );
  }
  if (!numbers.some(speaks)) {
    return (
      <Notice
        tone="warn"
        title={messages.noNumbers}
        actions={<ButtonLink href="/numbers">{messages.toNumbers}</ButtonLink>}
      >
        {messages.noNumbersText}
      </Notice>
    );
  }
  const agent = numbers.find(({ id }) => id === form.numberId)?.outboundAgent;
  return (
    <div className="stack tight">
      <NumberField numbers={numbers} form={form} change={change} errors={errors} />
      {agent && (
        <div className="row spread">
          <span className="muted small">
            {messages.agentIs(
              agent.name,
              architecture[agent.architecture],
              price(agent.pricePerCallMicros ?? 0),
            )}
          </span>
          <Button compact onClick={() => setPreviewing(true)}>
            {messages.preview}
          </Button>
        </div>
      )}
      {agent && previewing && (
        <Preview agent={agent} contacts={contacts} onClose={() => setPreviewing(false)} />
      )}
    </div>
  );
}

type NumberFieldProps = {
  numbers: PhoneNumber[];
  form: Form;
  change: HowProps['change'];
  errors: FieldErrors;
};

/** A list to choose from; with many numbers, a field to search them. */
function NumberField({ numbers, form, change, errors }: NumberFieldProps) {
  const few = 15;
  if (numbers.length <= few) {
    return (
      <SelectField
        label={messages.from}
        value={form.numberId}
        onValue={(numberId) => change({ numberId })}
        error={errors.numberId}
      >
        <option value="" disabled>
          {messages.chooseNumber}
        </option>
        {numbers.map((number) => (
          <option key={number.id} value={number.id} disabled={!speaks(number)}>
            {textOf(number)}
          </option>
        ))}
      </SelectField>
    );
  }
  return (
    <Combobox
      label={messages.from}
      error={errors.numberId}
      find={(words) => findNumbers(words, numbers)}
      keyOf={({ id }) => id}
      textOf={textOf}
      isDisabled={(number) => !speaks(number)}
      value={numbers.find(({ id }) => id === form.numberId) ?? null}
      onValue={(number) => change({ numberId: number?.id ?? '' })}
    />
  );
}

function textOf(number: PhoneNumber): string {
  const { label, outboundAgent } = number;
  const name = [phone(number.number), label].filter(Boolean).join(' · ');
  if (speaks(number)) return `${name} · ${outboundAgent?.name}`;
  return `${name} (${outboundAgent ? messages.textAgent(outboundAgent.name) : messages.noAgent})`;
}

/** Those that fit the words, by number, label or agent; those that can be called from come first. */
function findNumbers(words: string, numbers: PhoneNumber[]): PhoneNumber[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const digits = words.replace(/\D/g, '');
  const fits = (number: PhoneNumber) =>
    wanted.every((word) => textOf(number).toLowerCase().includes(word)) ||
    (digits.length > 2 && number.number.includes(digits));
  const found = numbers.filter(fits);
  return [...found.filter(speaks), ...found.filter((number) => !speaks(number))].slice(0, 50);
}
