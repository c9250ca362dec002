import { useState } from 'react';
import { FormDialog } from '../account/form-dialog';
import { useChange } from '../api/change';
import { TextField } from '../components/field';
import { Notice } from '../components/notice';
import { toast } from '../components/toast';
import { graphql } from '../gql';
import { numbers as words } from '../messages/numbers';
import { common } from '../messages/shell';
import { phone } from '../state/format';
import type { NumberRow } from './number-row';
import { AgentField, useVoiceAgents } from './voice-agents';

const CreatePhoneNumber = graphql(`
  mutation CreatePhoneNumber($input: CreatePhoneNumberInput!) {
    createPhoneNumber(input: $input) {
      phoneNumber {
        ...NumberRow
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const UpdatePhoneNumber = graphql(`
  mutation UpdatePhoneNumber($input: UpdatePhoneNumberInput!) {
    updatePhoneNumber(input: $input) {
      phoneNumber {
        ...NumberRow
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

const AssignOutboundAgent = graphql(`
  mutation AssignOutboundAgent($input: AssignOutboundAgentInput!) {
    assignOutboundAgent(input: $input) {
      phoneNumber {
        ...NumberRow
      }
      userErrors {
        code
        message
        path
      }
    }
  }
`);

type DialogProps = { onClose: () => void; onDone: () => void };

/** Registers a number; what is wrong with it is said in the server's words. */
export function AddNumber({ onClose, onDone }: DialogProps) {
  const [number, setNumber] = useState('');
  const [label, setLabel] = useState('');
  const [agent, setAgent] = useState('');
  const choices = useVoiceAgents();
  const change = useChange(CreatePhoneNumber, (data) => data.createPhoneNumber, [
    'number',
    'label',
    'outboundAgentId',
  ]);
  const submit = async () => {
    const made = await change.run({ number: number.trim(), label, outboundAgentId: agent || null });
    if (!made) return;
    toast(words.added(phone(number.trim())));
    onDone();
  };
  return (
    <FormDialog
      title={words.addTitle}
      submit={words.addSubmit}
      change={change}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={words.number}
        hint={words.addHint}
        error={change.at('number')}
        type="tel"
        name="number"
        autoComplete="off"
        autoFocus
        value={number}
        onValue={setNumber}
      />
      <TextField
        label={words.label}
        hint={words.labelHint}
        error={change.at('label')}
        name="label"
        autoComplete="off"
        value={label}
        onValue={setLabel}
      />
      <AgentField
        choices={choices}
        hint={words.agentHint}
        error={change.at('outboundAgentId')}
        value={agent}
        onValue={setAgent}
      />
      <p className="muted small">{words.carrierNote}</p>
    </FormDialog>
  );
}

/** Gives a number another label. */
export function LabelNumber({ row, onClose, onDone }: DialogProps & { row: NumberRow }) {
  const [label, setLabel] = useState(row.label);
  const change = useChange(UpdatePhoneNumber, (data) => data.updatePhoneNumber, ['label']);
  const submit = async () => {
    if (!(await change.run({ phoneNumberId: row.id, label }))) return;
    toast(words.renamed);
    onDone();
  };
  return (
    <FormDialog
      title={words.renameTitle(phone(row.number))}
      submit={common.save}
      change={change}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField
        label={words.label}
        hint={words.labelHint}
        error={change.at('label')}
        name="label"
        autoComplete="off"
        autoFocus
        value={label}
        onValue={setLabel}
      />
    </FormDialog>
  );
}

/** Says who speaks from a number, and for which batch jobs. */
export function AssignAgent({ row, onClose, onDone }: DialogProps & { row: NumberRow }) {
  const before = row.outboundAgent?.id ?? '';
  const [agent, setAgent] = useState(before);
  const choices = useVoiceAgents();
  const change = useChange(AssignOutboundAgent, (data) => data.assignOutboundAgent, ['agentId']);
  const name = choices.agents.find(({ id }) => id === agent)?.name ?? row.outboundAgent?.name ?? '';
  const submit = async () => {
    if (!(await change.run({ phoneNumberId: row.id, agentId: agent || null }))) return;
    toast(agent ? words.assigned(name, phone(row.number)) : words.unassigned(phone(row.number)));
    onDone();
  };
  return (
    <FormDialog
      title={words.assignTitle(phone(row.number))}
      submit={words.assignSubmit}
      change={change}
      idle={agent === before}
      onSubmit={submit}
      onClose={onClose}
    >
      <AgentField
        choices={choices}
        hint=""
        current={row.outboundAgent}
        error={change.at('agentId')}
        value={agent}
        onValue={setAgent}
      />
      {agent !== before && (
        <Notice tone={agent ? 'info' : 'warn'} title={agent ? words.effectNew(name) : words.effectNone}>
          {row.openBatchJobs > 0 ? words.effectOpen(row.openBatchJobs) : words.effectNoOpen}
        </Notice>
      )}
    </FormDialog>
  );
}
