import { CallTable } from '../calls/call-table';
import { FailureNotice } from '../components/notice';
import { useLiveCalls } from './live-tab';
import { Standing } from './standing';
import type { Batch } from './use-batch';

/** Every call of the batch that is in progress. */
export default function CallsTab({ batch, live }: { batch: Batch; live: boolean }) {
  const { calls, result, refresh } = useLiveCalls(batch, live, 100);
  return (
    <div className="stack">
      {result.error && <FailureNotice error={result.error} again={refresh} />}
      <Standing batch={batch} />
      <CallTable calls={calls.map((call) => ({ ...call, batch }))} />
    </div>
  );
}
