import { Link } from 'wouter';
import { contactsHref, isOver } from '../batches/batch-row';
import { BatchBadge } from '../components/badge';
import { CopyButton } from '../components/copy-button';
import { Instant } from '../components/instant';
import { batch as words } from '../messages/batch';
import { notReached } from '../messages/words';
import { phone, zoneCity } from '../state/format';
import { useZone } from '../state/preferences';
import type { Batch } from './use-batch';

/** What the batch calls from, with whom, and since when. */
export function BatchSummary({ batch }: { batch: Batch }) {
  const zone = useZone();
  const [what, at] =
    batch.endedAt && isOver(batch.status)
      ? [words.endedAt, batch.endedAt]
      : batch.startedAt
        ? [words.startedAt, batch.startedAt]
        : [words.startsAt, batch.scheduledStartTime ?? batch.createdAt];
  return (
    <p className="muted row">
      <span>
        {phone(batch.phoneNumber.number)} · {batch.agent.name} · {what} <Instant at={at} /> {zoneCity(zone)}
      </span>
      <CopyButton text={batch.id} label={words.copyId}>
        {batch.id}
      </CopyButton>
    </p>
  );
}

BatchSummary.Badge = ({ batch }: { batch: Batch }) => {
  const { status, progress } = batch;
  const { failed } = progress.contacts;
  return (
    <span className="row" data-status={status} data-version={progress.version}>
      <BatchBadge status={status} failed={failed} />
      {status === 'COMPLETED' && failed > 0 && (
        <Link className="muted small" href={contactsHref(batch, 'unreached')}>
          {notReached(failed)}
        </Link>
      )}
    </span>
  );
};
