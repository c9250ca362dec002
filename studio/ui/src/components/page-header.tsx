import { type ReactNode, useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { shell } from '../messages/shell';
import { Icon } from './icon';

type PageHeaderProps = {
  title: ReactNode;
  /** What the browser's tab says; the title where that is a text. */
  tab?: string;
  /** Beside the title, such as a badge. */
  beside?: ReactNode;
  /** Below the title. */
  children?: ReactNode;
  actions?: ReactNode;
  /** The list that the page is a part of. */
  parent?: { href: string; label: string };
};

let navigated = false;

/** Says that the reader went from one page to another, whose title then gets the focus. */
export const noteNavigation = () => {
  navigated = true;
};

/** The head of a page: its one h1, which has the focus after navigation. */
export function PageHeader({ title, tab, beside, children, actions, parent }: PageHeaderProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!navigated) return;
    navigated = false;
    heading.current?.focus({ preventScroll: true });
  }, []);
  const words = tab ?? (typeof title === 'string' ? title : '');
  useEffect(() => {
    document.title = words ? `${words} · ${shell.product}` : shell.product;
  }, [words]);
  return (
    <header className="page-header">
      <div className="words">
        {parent && (
          <Link className="trail" href={parent.href}>
            <Icon name="left" size={12} />
            {parent.label}
          </Link>
        )}
        <div className="row wide">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {beside}
        </div>
        {children}
      </div>
      {actions && <div className="row">{actions}</div>}
    </header>
  );
}
