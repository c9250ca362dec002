import type { ButtonHTMLAttributes, ReactNode } from 'react';
import { Link } from 'wouter';
import { Icon, type IconName } from './icon';

type Look = {
  look?: 'plain' | 'primary' | 'danger' | 'quiet';
  icon?: IconName;
  compact?: boolean;
};

const classes = ({ look = 'plain', compact }: Look, more: (string | false | undefined)[] = []) =>
  ['button', look !== 'plain' && look, compact && 'compact', ...more].filter(Boolean).join(' ');

type ButtonProps = Look & { busy?: boolean } & Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'>;

/**
 * A button. While busy it cannot be pressed again and keeps its width. One
 * without text needs an aria-label.
 */
export function Button({ look, icon, compact, busy, children, disabled, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classes({ look, compact }, [!children && 'icon-only'])}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
    >
      {busy ? <span className="spinner" /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A link of the dashboard that looks like a button. */
export function ButtonLink({
  look,
  icon,
  compact,
  children,
  href,
}: Look & { href: string; children: ReactNode }) {
  return (
    <Link href={href} className={classes({ look, compact })}>
      {icon && <Icon name={icon} />}
      {children}
    </Link>
  );
}
