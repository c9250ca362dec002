import { ButtonLink } from '../components/button';
import { PageHeader } from '../components/page-header';
import { shell } from '../messages/shell';

/** For an address that nothing is at, and for an id that nothing here has. */
export function NotFound() {
  return (
    <div className="stack narrow">
      <PageHeader title={shell.notFound} />
      <p className="muted">{shell.notFoundText}</p>
      <div>
        <ButtonLink href="/batches" icon="left">
          {shell.notFoundBack}
        </ButtonLink>
      </div>
    </div>
  );
}
