import { useEffect, useRef, useState } from 'react';
import { finished } from '../batches/batch-row';
import { batch as words } from '../messages/batch';
import { batchStatus } from '../messages/words';
import type { Batch } from './use-batch';

const EVERY = 60_000;

/** How the batch stands, read out at most once a minute and when its status changes. */
export function Spoken({ batch }: { batch: Batch }) {
  const { status, progress } = batch;
  const text = words.spoken(
    finished(progress),
    progress.total,
    progress.contacts.failed,
    batchStatus[status],
  );
  const [said, setSaid] = useState('');
  const last = useRef({ at: 0, status });
  useEffect(() => {
    const due = Date.now() - last.current.at > EVERY;
    if (!due && last.current.status === status) return;
    last.current = { at: Date.now(), status };
    setSaid(text);
  }, [text, status]);
  return (
    <p className="sr-only" role="status">
      {said}
    </p>
  );
}
