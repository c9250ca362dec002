import { useLocation } from 'wouter';
import { batches } from '../messages/batches';
import { useShortcut } from '../state/shortcuts';

/** Binds n to a new batch. */
export function NewBatchShortcut() {
  const [, navigate] = useLocation();
  useShortcut('n', batches.newBatch, () => navigate('/batches/new'));
  return null;
}
