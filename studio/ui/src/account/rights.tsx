import type { ReactNode } from 'react';
import { useAdmin } from '../api/viewer';
import { EmptyState } from '../components/empty-state';
import { Skeleton } from '../components/loaded';
import { Notice } from '../components/notice';
import { PageHeader } from '../components/page-header';
import { rights } from '../messages/rights';

/** Says to who may not change what is below that they may not. */
export function ReadOnly() {
  const { may, known } = useAdmin();
  if (may || !known) return null;
  return (
    <Notice tone="info" title={rights.readOnly}>
      {rights.readOnlyText}
    </Notice>
  );
}

/** What only administrators may see; the title is that of a page which has none without it. */
export function AdminOnly({ title, children }: { title?: string; children: ReactNode }) {
  const { may, known } = useAdmin();
  if (!known) return <Skeleton />;
  if (may) return children;
  return (
    <div className="stack">
      {title && <PageHeader title={title} />}
      <EmptyState icon="key" title={rights.hidden}>
        {rights.hiddenText}
      </EmptyState>
    </div>
  );
}
