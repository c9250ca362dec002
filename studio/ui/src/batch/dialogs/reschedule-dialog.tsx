import { useState } from 'react';
import { useQuery } from 'urql';
import { Check, TextField } from '../../components/field';
import { Loaded } from '../../components/loaded';
import { Notice } from '../../components/notice';
import { ZoneField, ZonesQuery } from '../../components/zone-field';
import { graphql } from '../../gql';
import { dialogs as words } from '../../messages/batch';
import { span, useInstants } from '../../state/format';
import { useNow } from '../../state/now';
import { waiting } from '../use-batch';
import type { ActionDialogProps } from '.';
import { ActionForm } from './action-form';

const Reschedule = graphql(`
  mutation RescheduleBatch($input: RescheduleBatchJobInput!) {
    rescheduleBatchJob(input: $input) {
      batchJob {
        ...BatchNow
        scheduledStartTime
        progress {
          ...Standing
        }
      }
      warnings {
        message
      }
      userErrors {
        code
        message
      }
    }
  }
`);

const ResolveStart = graphql(`
  query ResolveStart($local: String!, $timezone: String!) {
    resolveStartTime(local: $local, timezone: $timezone) {
      instant
      offsetMinutes
      kind
      userErrors {
        code
        message
      }
    }
  }
`);

/** The wall time of an instant in a zone, as a datetime-local field takes it. */
function wallTime(instant: string | null | undefined, zone: string) {
  if (!instant) return '';
  const text = new Date(instant).toLocaleString('sv', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  return text.replace(' ', 'T');
}

export function RescheduleDialog({ batch, onClose }: ActionDialogProps) {
  const [atOnce, setAtOnce] = useState(false);
  const [zone, setZone] = useState(batch.timezone);
  const [local, setLocal] = useState(() => wallTime(batch.scheduledStartTime, batch.timezone));
  const [zones, ask] = useQuery({ query: ZonesQuery, requestPolicy: 'cache-first' });
  const known = !atOnce && local !== '' && zone !== '';
  const [resolved] = useQuery({ query: ResolveStart, variables: { local, timezone: zone }, pause: !known });
  const meaning = known && !resolved.fetching ? resolved.data?.resolveStartTime : undefined;
  return (
    <ActionForm
      title={words.rescheduleTitle}
      consequences={atOnce ? [words.rescheduleNow(waiting(batch))] : []}
      confirm={words.reschedule}
      blocked={!atOnce && !meaning?.instant}
      mutation={Reschedule}
      variables={(reason) => ({
        input: {
          batchJobId: batch.id,
          scheduledStartTime: atOnce ? null : local,
          timezone: atOnce ? null : zone,
          reason,
        },
      })}
      payload={(data) => data.rescheduleBatchJob}
      done={(data) => data.rescheduleBatchJob.warnings[0]?.message ?? words.rescheduled}
      onClose={onClose}
    >
      <fieldset className="row wide">
        <Check group="start" label={words.startAt} checked={!atOnce} onChecked={() => setAtOnce(false)} />
        <Check group="start" label={words.startAtOnce} checked={atOnce} onChecked={() => setAtOnce(true)} />
      </fieldset>
      {!atOnce && (
        <>
          <TextField
            label={words.time}
            type="datetime-local"
            error={local === '' && words.timeMissing}
            value={local}
            onValue={setLocal}
          />
          <Loaded result={zones} again={ask} lines={2}>
            {({ timeZones }) => (
              <ZoneField label={words.zone} zones={timeZones} value={zone} onValue={setZone} />
            )}
          </Loaded>
          {meaning && <Meaning {...meaning} />}
        </>
      )}
    </ActionForm>
  );
}

type MeaningProps = {
  instant?: string | null;
  kind?: 'NORMAL' | 'GAP' | 'OVERLAP' | null;
  userErrors: readonly { message: string }[];
};

/** What the wall time means, or why it means nothing. */
function Meaning({ instant, kind, userErrors }: MeaningProps) {
  const instants = useInstants();
  const now = useNow();
  if (!instant || userErrors.length > 0) return <Notice tone="bad">{userErrors[0]?.message}</Notice>;
  return (
    <Notice tone={kind === 'NORMAL' ? 'info' : 'warn'}>
      {kind === 'GAP' && `${words.gap} `}
      {kind === 'OVERLAP' && `${words.overlap} `}
      {words.rescheduleAt(instants.long(instant), span((Date.parse(instant) - now) / 1000))}
    </Notice>
  );
}
