import { useEffect, useRef, useState } from 'react';
import { useShortcut } from '../state/shortcuts';

type SearchBoxProps = { label: string; value: string; onValue: (value: string) => void };

const PAUSE = 250;

/** Searches once the reader stops typing. "/" goes into it. */
export function SearchBox({ label, value, onValue }: SearchBoxProps) {
  const [typed, setTyped] = useState(value);
  const said = useRef(value);
  const input = useRef<HTMLInputElement>(null);
  useShortcut('/', 'Search', () => input.current?.focus());

  // The address may change without typing: by the back button, or "show all".
  useEffect(() => {
    if (value === said.current) return;
    said.current = value;
    setTyped(value);
  }, [value]);

  useEffect(() => {
    const words = typed.trim();
    if (words === said.current) return;
    const timer = setTimeout(() => {
      said.current = words;
      onValue(words);
    }, PAUSE);
    return () => clearTimeout(timer);
  }, [typed, onValue]);

  return (
    <input
      ref={input}
      type="search"
      className="input search-box"
      aria-label={label}
      placeholder={label}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
    />
  );
}
