import { count } from '../state/format';

export type Chip<T extends string> = { value: T; label: string; count?: number };

type ChipsProps<T extends string> = {
  label: string;
  chips: Chip<T>[];
  value: T;
  onValue: (value: T) => void;
};

/** Filters of which one holds. */
export function Chips<T extends string>({ label, chips, value, onValue }: ChipsProps<T>) {
  return (
    <div className="chips" role="group" aria-label={label}>
      {chips.map((chip) => (
        <button
          key={chip.value}
          type="button"
          aria-pressed={chip.value === value}
          onClick={() => onValue(chip.value)}
        >
          {chip.label}
          {chip.count !== undefined && <span className="count">{count(chip.count)}</span>}
        </button>
      ))}
    </div>
  );
}
