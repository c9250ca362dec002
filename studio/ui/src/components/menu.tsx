import { type KeyboardEvent, type ReactNode, useId, useRef } from 'react';
import { Icon, type IconName } from './icon';

export type MenuItem = {
  label: ReactNode;
  icon?: IconName;
  /** Why it cannot be chosen now; it then does nothing. */
  disabled?: string;
  danger?: boolean;
  /** Whether it is the one that is chosen, in a menu of choices. */
  checked?: boolean;
  /** Where it leads; a file is downloaded. */
  href?: string;
  onSelect?: () => void;
};

type MenuProps = {
  /** What the button says; a name for an icon alone. */
  label: ReactNode;
  name?: string;
  icon?: IconName;
  look?: 'plain' | 'quiet';
  /** null is a line between items. */
  items: (MenuItem | null)[];
  /** Replaces the button's own look, as in the bar at the bottom. */
  bare?: boolean;
};

/** Puts the list below the button, or above where there is no room. */
function place(menu: HTMLElement, button: HTMLElement) {
  const { left, right, top, bottom } = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = bottom + 4 + height <= innerHeight || top < height;
  menu.style.top = `${below ? Math.min(bottom + 4, innerHeight - height - 8) : top - height - 4}px`;
  menu.style.left = `${Math.max(8, left + width > innerWidth - 8 ? right - width : left)}px`;
}

/** A button that opens a list of things to do. */
export function Menu({ label, name, icon, look = 'plain', items, bare }: MenuProps) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const choices = () => [...(list.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];

  const move = (event: KeyboardEvent) => {
    const all = choices();
    const now = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === 'Tab') list.current?.hidePopover();
    if (to === undefined) return;
    event.preventDefault();
    all.at(to % all.length)?.focus();
  };

  const opened = (open: boolean) => {
    button.current?.setAttribute('aria-expanded', String(open));
    if (!open || !list.current || !button.current) return;
    place(list.current, button.current);
    choices()[0]?.focus();
  };

  const select = (item: MenuItem) => {
    if (item.disabled) return;
    list.current?.hidePopover();
    item.onSelect?.();
  };

  return (
    <>
      <button
        ref={button}
        type="button"
        className={bare ? undefined : `button ${look}${label ? '' : ' icon-only'}`}
        aria-label={name}
        title={name}
        aria-haspopup="menu"
        aria-expanded="false"
        popoverTarget={id}
      >
        {icon && <Icon name={icon} />}
        {label}
        {!bare && label && <Icon name="down" size={12} />}
      </button>
      <div
        ref={list}
        id={id}
        className="menu"
        popover="auto"
        role="menu"
        aria-label={name}
        onKeyDown={move}
        onToggle={(event) => opened(event.newState === 'open')}
      >
        {items.map((item, index) =>
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has nothing else
          item ? <Item key={index} item={item} select={select} /> : <hr key={index} />,
        )}
      </div>
    </>
  );
}

function Item({ item, select }: { item: MenuItem; select: (item: MenuItem) => void }) {
  const words = (
    <>
      {item.icon && <Icon name={item.icon} />}
      <span>
        {item.label}
        {item.disabled && <span className="why">{item.disabled}</span>}
      </span>
      {item.checked && <Icon name="check" />}
    </>
  );
  if (item.href && !item.disabled) {
    return (
      <a role="menuitem" tabIndex={-1} href={item.href} download onClick={() => select(item)}>
        {words}
      </a>
    );
  }
  return (
    <button
      type="button"
      role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={item.checked}
      aria-disabled={item.disabled ? true : undefined}
      className={item.danger ? 'danger' : undefined}
      tabIndex={-1}
      onClick={() => select(item)}
    >
      {words}
    </button>
  );
}
