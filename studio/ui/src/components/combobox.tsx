import { useCombobox } from 'downshift';
import { type ReactNode, useState } from 'react';
import { Field } from './field';

type ComboboxProps<T> = {
  label: ReactNode;
  hint?: ReactNode;
  error?: ReactNode;
  /** What fits the words typed, best first. Few: the rest is not shown. */
  find: (words: string) => T[];
  keyOf: (item: T) => string;
  /** How an item is written in the field, and found again. */
  textOf: (item: T) => string;
  children?: (item: T) => ReactNode;
  value: T | null;
  onValue: (item: T | null) => void;
};

/** A field to choose one of many by typing a part of its name. */
export function Combobox<T>(props: ComboboxProps<T>) {
  const { label, hint, error, find, keyOf, textOf, value, onValue } = props;
  const [items, setItems] = useState<T[]>(() => find(''));
  const box = useCombobox<T>({
    items,
    selectedItem: value,
    itemToString: (item) => (item === null ? '' : textOf(item)),
    itemToKey: (item) => (item === null ? '' : keyOf(item)),
    onSelectedItemChange: ({ selectedItem }) => onValue(selectedItem),
    onInputValueChange: ({ inputValue }) => {
      const chosen = value !== null && inputValue === textOf(value);
      setItems(find(chosen ? '' : inputValue));
    },
  });
  return (
    <Field label={label} hint={hint} error={error}>
      {({ id, ...attributes }) => (
        <div className="combobox">
          <input
            {...box.getInputProps({ id, ...attributes, onFocus: (event) => event.target.select() })}
            aria-labelledby={undefined}
          />
          <ul {...box.getMenuProps({ 'aria-labelledby': undefined, 'aria-label': String(label) })}>
            {box.isOpen &&
              items.map((item, index) => (
                <li key={keyOf(item)} {...box.getItemProps({ item, index })}>
                  {props.children ? props.children(item) : textOf(item)}
                </li>
              ))}
          </ul>
        </div>
      )}
    </Field>
  );
}
