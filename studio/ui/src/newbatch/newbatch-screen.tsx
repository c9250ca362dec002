import './newbatch.css';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useQuery } from 'urql';
import { useLocation } from 'wouter';
import { Notice } from '../components/notice';
import { PageHeader } from '../components/page-header';
import { toast } from '../components/toast';
import { newBatch as messages } from '../messages/newbatch';
import { useParameter } from '../state/address';
import { phone, useInstants } from '../state/format';
import { useZone } from '../state/preferences';
import { CheckSection, type Counts } from './check-section';
import { type Contacts, forgetContacts, useContacts } from './contacts-state';
import { type Creation, useCreation } from './create';
import { forgetDraft, keepDraft, readDraft } from './draft';
import { checkForm, emptyForm, type Field, type FieldErrors, type Form, fieldOf, weekdays } from './form';
import { How } from './how';
import { type PhoneNumber, speaks, useFormChoices } from './numbers';
import { cloneQuery } from './operations';
import { Plan, people } from './plan';
import { countryCode } from './reading/repair';
import { clockOf, sentence } from './sentence';
import { type Draft, type Estimate, inputOf, useServerCheck } from './server-check';
import { pastedForm } from './source';
import { at, type ResolvedStart, useStart, wallTime } from './start';
import { Who } from './who';

/** The page on which a batch is made: who is called, what is wrong with that, how and when. */
export default function NewBatchScreen() {
  const [form, change, keptAt] = useForm();
  const choices = useFormChoices();
  const number = choices.numbers?.find(({ id }) => id === form.numberId) ?? null;
  const contacts = useContacts(number ? countryCode(number.number) : '');
  const start = useStart(form);
  useFirstChoices(form, change, choices.numbers, contacts);
  const from = useClone(change);

  const formErrors = useMemo((): FieldErrors => {
    const refused = start?.userErrors[0];
    return { ...checkForm(form), ...(refused && { local: refused.message }) };
  }, [form, start]);
  const { draft, contactsSign, sign } = useDraft(form, formErrors, contacts);
  const server = useServerCheck(draft, sign);
  const creation = useCreation();
  const [attempted, setAttempted] = useState(false);
  const current = server.about === sign ? server.answer : null;
  const { errors, others } = gather(form, formErrors, attempted, current, creation, sign);
  const variables = number?.outboundAgent?.variables ?? none;
  const submit = useSubmit(formErrors, draft, sign, creation, () => setAttempted(true));
  const instants = useInstants();
  const counts = server.about.startsWith(`${contactsSign}|`) ? countsOf(server.answer) : null;
  const everything = attempted ? [...new Set([...Object.values(errors), ...others])] : others;

  return (
    <div className="stack narrow newbatch">
      <PageHeader title={messages.title} parent={{ href: '/batches', label: messages.batches }}>
        {keptAt && <p className="muted small">{messages.draftKept(instants.minute(new Date(keptAt)))}</p>}
      </PageHeader>
      {from}
      <Who contacts={contacts} variables={variables} error={errors.contacts} />
      <CheckSection contacts={contacts} server={server} counts={counts} variables={variables} />
      <How form={form} change={change} errors={errors} choices={choices} contacts={contacts} start={start} />
      <Plan
        form={form}
        change={change}
        server={server}
        creation={creation}
        changed={creation.about !== sign}
        words={words(
          form,
          start,
          number,
          counts?.ready ?? contacts.local?.checked.contacts.length ?? 0,
          choices.organization?.carrier.simulated ?? false,
        )}
        wrong={everything}
        need={needed(contacts, form, draft)}
        ready={contacts.local !== null && contacts.local.checked.fault === null}
        most={choices.organization?.concurrentCallLimit ?? 0}
        submit={submit}
      />
    </div>
  );
}

const none: string[] = [];

/** The form, kept a moment after each change. */
function useForm(): [Form, (some: Partial<Form>) => void, number | null] {
  const zone = useZone();
  const [kept] = useState(() => readDraft(zone));
  const [form, setForm] = useState<Form>(() => kept?.form ?? emptyForm(zone));
  const [keptAt, setKeptAt] = useState<number | null>(kept?.savedAt ?? null);
  const change = useCallback((some: Partial<Form>) => setForm((last) => ({ ...last, ...some })), []);
  const first = useRef(form);
  useEffect(() => {
    if (form === first.current) return;
    const timer = setTimeout(() => setKeptAt(keepDraft(form)), 300);
    return () => clearTimeout(timer);
  }, [form]);
  return [form, change, keptAt];
}

/** Chooses what there is only one of, and calls the batch what its file is called. */
function useFirstChoices(
  form: Form,
  change: (some: Partial<Form>) => void,
  numbers: PhoneNumber[] | null,
  { source }: Contacts,
) {
  useEffect(() => {
    if (!numbers) return;
    const usable = numbers.filter(speaks);
    if (usable.some(({ id }) => id === form.numberId)) return;
    const only = usable.length === 1 ? usable[0]?.id : '';
    if (form.numberId !== only) change({ numberId: only ?? '' });
  }, [numbers, form.numberId, change]);
  const file = source?.table ? (source.form === pastedForm ? '' : source.name) : null;
  const named = useRef<string | null>(null);
  useEffect(() => {
    if (file === null || file === named.current) return;
    named.current = file;
    const name = file
      .replace(/\.[a-z]{1,4}$/i, '')
      .replaceAll('_', ' ')
      .slice(0, 200);
    if (form.name === '' || form.name === form.fileName) change({ name, fileName: name });
  }, [file, form.name, form.fileName, change]);
}

/** Takes over the form of another batch once, when the address names one. */
function useClone(change: (some: Partial<Form>) => void) {
  const [id] = useParameter('clone');
  const [{ data }] = useQuery({ query: cloneQuery, variables: { id }, pause: id === '' });
  const batch = data?.batchJob;
  const taken = useRef('');
  useEffect(() => {
    if (!batch || taken.current === batch.id) return;
    taken.current = batch.id;
    const window = batch.callWindow;
    change({
      name: batch.name,
      description: batch.description ?? '',
      numberId: batch.phoneNumber.id,
      limit: String(batch.concurrentCallLimit),
      attempts: String(batch.maxAttempts),
      zone: batch.timezone,
      start: 'now',
      hours: window && {
        days: window.days.length > 0 ? window.days : [...weekdays],
        opens: window.opens,
        closes: window.closes === '24:00' ? '00:00' : window.closes,
        zone: window.timezone,
      },
    });
  }, [batch, change]);
  if (id === '' || !data) return null;
  return batch ? (
    <Notice tone="info" title={messages.clonedFrom(batch.name)}>
      {messages.clonedText(batch.totalContacts)}
    </Notice>
  ) : (
    <Notice tone="warn" title={messages.cloneGone} />
  );
}

/** What is sent, once the contacts are read and the form can be understood, and what tells it from others. */
function useDraft(form: Form, formErrors: FieldErrors, { source, local, choices }: Contacts) {
  const input = useMemo(() => inputOf(form), [form]);
  const blocked = Object.keys(formErrors).some((field) => field !== 'name');
  const usable = source && local && !local.checked.fault && local.choices === choices;
  const contactsSign = local ? String(local.at) : '';
  const sign = `${contactsSign}|${JSON.stringify(input)}`;
  const draft: Draft | null = usable && !blocked ? { source, local, input } : null;
  return { draft, contactsSign, sign };
}

/** Errors beside their fields, and those that have none. Fields that are empty are left alone until somebody submits. */
function gather(
  form: Form,
  formErrors: FieldErrors,
  attempted: boolean,
  estimate: Estimate | null,
  creation: Creation,
  sign: string,
): { errors: FieldErrors; others: string[] } {
  const errors: FieldErrors = {};
  const others: string[] = [];
  const told = [...(estimate?.userErrors ?? []), ...(creation.about === sign ? creation.errors : [])];
  for (const { path, message, code } of told) {
    const field = fieldOf(path);
    if (code === 'INSUFFICIENT_CREDITS' && estimate?.credits) continue; // told in figures
    if (field) errors[field] ??= message;
    else if (!others.includes(message)) others.push(message);
  }
  const untouched: Field[] = ['name', 'numberId', 'local', 'zone'];
  for (const [field, message] of Object.entries(formErrors) as [Field, string][]) {
    const empty = untouched.includes(field) && form[field as 'name'] === '';
    if (attempted || !empty) errors[field] = message;
  }
  return { errors, others };
}

function useSubmit(
  formErrors: FieldErrors,
  draft: Draft | null,
  sign: string,
  creation: Creation,
  attempt: () => void,
) {
  const [, navigate] = useLocation();
  return async () => {
    attempt();
    if (Object.keys(formErrors).length > 0 || !draft) {
      // After the errors are there.
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>('.newbatch [aria-invalid="true"]')?.focus(),
      );
      return;
    }
    const id = await creation.create(draft, sign);
    if (id === null) return;
    forgetDraft();
    forgetContacts();
    toast(messages.created(draft.input.name));
    navigate(`/batches/${id}`);
  };
}

/** What is lacking before the server can say what the batch costs. */
function needed({ source, local }: Contacts, form: Form, draft: Draft | null): string {
  if (!source) return messages.needContacts;
  if (local && !local.checked.fault && form.numberId === '') return messages.needNumber;
  return draft || (source.table && !local) ? messages.needServer : messages.needMending;
}

/** The server's counts; null when it did not count. */
function countsOf(answer: Estimate | null): Counts | null {
  if (!answer) return null;
  const {
    totalContacts: ready,
    rejectedContacts: rejected,
    duplicateContacts: duplicates,
    blankRows: blank,
  } = answer;
  const rows = ready + rejected + duplicates + blank;
  return rows === 0 ? null : { rows, ready, rejected, duplicates, blank };
}

function words(
  form: Form,
  begins: ResolvedStart | null,
  number: PhoneNumber | null,
  ready: number,
  simulated: boolean,
): string {
  if (!number || ready === 0 || Object.keys(checkForm({ ...form, name: 'x' })).length > 0) return '';
  return sentence({
    people: people(ready),
    from: phone(number.number),
    limit: Number(form.limit),
    attempts: Number(form.attempts),
    start:
      form.start === 'later'
        ? `${begins?.instant ? at(begins.instant, form.zone) : wallTime(form.local)} ${clockOf(form.zone)}`
        : '',
    hours: form.hours,
    simulated,
  });
}
