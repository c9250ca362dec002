// Who is to be called: a source, what was decided about it, and what the check
// of it in this browser found.
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { newBatch } from '../messages/newbatch';
import { asItIs, type Checked, type Choices, changes, check, guessUses } from './reading/check';
import { asUploaded, putBack } from './reading/exported';
import { fieldNames } from './reading/header';
import { finishInPieces } from './reading/slices';
import { type Table, withoutHeader } from './reading/table';
import { sentFile } from './reading/write';
import { readAsWindows, readFile, readPasted, type Source } from './source';

/** What a check in this browser found, and how long that took from the drop or the last change. */
export type LocalCheck = { table: Table; choices: Choices; checked: Checked; seconds: number; at: number };

export type Contacts = {
  source: Source | null;
  reading: boolean;
  choices: Choices;
  local: LocalCheck | null;
  /** Why a file could not be read off the disk; empty when it could. */
  failure: string;
  /** What became of a dropped file of rejected rows; empty when there was none. */
  note: string;
  readFile: (file: File) => void;
  readText: (text: string) => void;
  readAsWindows: () => void;
  takeFirstRow: () => void;
  choose: (change: Partial<Choices>) => void;
  remove: () => void;
};

// Held while the reader looks at other pages of the dashboard, such as to add
// credits; gone with the tab.
let held: { source: Source | null; chosen: Choices } = { source: null, chosen: asItIs };

/** Forgets the contacts, once a batch was made of them. */
export function forgetContacts(): void {
  held = { source: null, chosen: asItIs };
}

/** The state of the first two sections. National numbers are of `country` unless the person says otherwise. */
export function useContacts(country: string): Contacts {
  const [source, setSource] = useState(held.source);
  const [chosen, setChosen] = useState(held.chosen);
  const [reading, setReading] = useState(false);
  const [failure, setFailure] = useState('');
  const [note, setNote] = useState('');
  const begun = useRef<number | null>(null);
  const work = useRef<AbortController>(undefined);
  const choices = useMemo(() => ({ ...chosen, country: chosen.country || country }), [chosen, country]);
  const local = useCheck(source?.table ?? null, choices, begun);

  const read = useCallback((reader: (signal: AbortSignal) => Promise<Source>, before: Source | null) => {
    work.current?.abort();
    const mine = new AbortController();
    work.current = mine;
    begun.current = performance.now();
    setReading(true);
    setFailure('');
    setNote('');
    reader(mine.signal).then(
      (next) => {
        if (mine.signal.aborted) return;
        setReading(false);
        const back =
          next.table && before?.table && putBack(before.table, fieldNames(before.table.names), next.table);
        if (back) {
          setSource({ ...before, file: null, table: back.table });
          setNote(newBatch.putBack(next.name, back.rows));
          return;
        }
        setSource(next.table ? { ...next, table: asUploaded(next.table) } : next);
        setChosen((last) => ({ ...asItIs, country: last.country }));
      },
      (error: unknown) => {
        if (mine.signal.aborted) return;
        setReading(false);
        setFailure(error instanceof Error ? error.message : String(error));
      },
    );
  }, []);
  useEffect(() => () => work.current?.abort(), []);
  useEffect(() => {
    held = { source, chosen };
  }, [source, chosen]);

  return {
    source,
    reading,
    choices,
    local,
    failure,
    note,
    readFile: (file) => read((signal) => readFile(file, signal), source),
    readText: (text) => read((signal) => readPasted(text, signal), source),
    readAsWindows: () => source && read((signal) => readAsWindows(source, signal), null),
    takeFirstRow: () => {
      if (!source?.table) return;
      const table = withoutHeader(source.table);
      begun.current = performance.now();
      setSource({ ...source, file: null, table });
      setChosen((last) => ({ ...last, uses: guessUses(table.names) }));
    },
    choose: (change) => {
      begun.current = performance.now();
      setChosen((last) => ({ ...last, ...change }));
    },
    remove: () => {
      work.current?.abort();
      setReading(false);
      setSource(null);
      setChosen(asItIs);
      setNote('');
      setFailure('');
    },
  };
}

/** Checks the table again whenever it or what was decided changes; what was found before stays meanwhile. */
function useCheck(
  table: Table | null,
  choices: Choices,
  begun: { current: number | null },
): LocalCheck | null {
  const [local, setLocal] = useState<LocalCheck | null>(null);
  useEffect(() => {
    if (!table) {
      setLocal(null);
      return;
    }
    const stop = new AbortController();
    const from = begun.current ?? performance.now();
    finishInPieces(check(table, choices), stop.signal).then(
      (checked) => {
        const seconds = (performance.now() - from) / 1000;
        begun.current = null;
        setLocal({ table, choices, checked, seconds, at: Date.now() });
      },
      () => {}, // a newer check has begun
    );
    return () => stop.abort();
  }, [table, choices, begun]);
  return local?.table === table ? local : null;
}

/** The file to send: as it came, or written anew with what was decided. */
export function fileToSend(source: Source, table: Table, choices: Choices): File {
  if (source.file && !changes(choices)) return source.file;
  const name = source.name.replace(/(\.[a-z]{1,4})?$/i, '.csv');
  return new File([sentFile(table, choices)], name, { type: 'text/csv' });
}
