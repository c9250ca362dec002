import { Icon } from '../components/icon';
import { settings as words } from '../messages/settings';

/** What the server serves beside the dashboard. */
export function Outside({ href, name, text }: { href: string; name: string; text: string }) {
  return (
    <>
      <a href={href} target="_blank" rel="noreferrer">
        {name} <Icon name="external" size={13} />
        <span className="sr-only">{words.newTab}</span>
      </a>
      <div className="muted small">{text}</div>
    </>
  );
}
