import { PageHeader } from '../components/page-header';
import { batches } from '../messages/batches';

/** The list of batches. */
export default function BatchesScreen() {
  return (
    <div className="stack">
      <PageHeader title={batches.title} />
    </div>
  );
}
