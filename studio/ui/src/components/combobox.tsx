import { type KeyboardEvent, type ReactNode, useId, useRef, useState } from 'react';
import { Field } from './field';

type ComboboxProps<T> = {
  label: string;
  hint?: ReactNode;
  error?: ReactNode;
  /** What fits the words typed, best first. Few: the rest is not shown. */
  find: (words: string) => T[];
  keyOf: (item: T) => string;
  /** How an item is written in the field. */
  textOf: (item: T) => string;
  children?: (item: T) => ReactNode;
  /** Items that are shown and cannot be chosen; their text says why. */
  isDisabled?: (item: T) => boolean;
  value: T | null;
  onValue: (item: T | null) => void;
};

/** A field to choose one of many by typing a part of its name. */
export function Combobox<T>(props: ComboboxProps<T>) {
  const { label, hint, error, find, keyOf, textOf, value, onValue } = props;
  // What is typed while the list is open; the value is written otherwise.
  const [typed, setTyped] = useState<string | null>(null);
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const open = typed !== null;
  const written = value === null ? '' : textOf(value);
  const items = open ? find(typed === written ? '' : typed) : [];

  const show = (text: string, at = 0) => {
    setTyped(text);
    setActive(at);
  };
  const choose = (item: T | undefined) => {
    if (item !== undefined && props.isDisabled?.(item)) return;
    setTyped(null);
    if (item !== undefined) onValue(item);
  };
  const move = (to: number) => {
    if (items.length === 0) return;
    const next = (to + items.length) % items.length;
    setActive(next);
    list.current?.children[next]?.scrollIntoView({ block: 'nearest' });
  };
  const press = (event: KeyboardEvent) => {
    if (!open) {
      if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
      event.preventDefault();
      show(written);
      return;
    }
    switch (event.key) {
      case 'ArrowDown':
        move(active + 1);
        break;
      case 'ArrowUp':
        move(active - 1);
        break;
      case 'Enter':
        choose(items[active]);
        break;
      case 'Escape':
        setTyped(null);
        break;
      default:
        return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <Field label={label} hint={hint} error={error}>
      {(attributes) => (
        <div className="combobox">
          <input
            {...attributes}
            role="combobox"
            autoComplete="off"
            spellCheck={false}
            aria-autocomplete="list"
            aria-expanded={open}
            aria-controls={`${id}-list`}
            aria-activedescendant={open && items.length > 0 ? `${id}-${active}` : undefined}
            value={typed ?? written}
            onFocus={(event) => event.target.select()}
            onClick={() => !open && show(written)}
            onChange={(event) => show(event.target.value)}
            onBlur={() => setTyped(null)}
            onKeyDown={press}
          />
          <div ref={list} id={`${id}-list`} role="listbox" aria-label={label} hidden={items.length === 0}>
            {items.map((item, index) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the input's
              <div
                key={keyOf(item)}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === active}
                aria-disabled={props.isDisabled?.(item) || undefined}
                onPointerMove={() => setActive(index)}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => choose(item)}
              >
                {props.children ? props.children(item) : textOf(item)}
              </div>
            ))}
          </div>
        </div>
      )}
    </Field>
  );
}
