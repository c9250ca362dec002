// A table of any length: only the rows near the window are in the page. It
// scrolls with the page, and its head stays below the frame's.
import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { useShortcut } from '../state/shortcuts';
import { Icon } from './icon';

export type Column<Row> = {
  key: string;
  header: string;
  /** A track of CSS grid, such as "minmax(120px, 2fr)" or "96px". */
  track: string;
  /** Numbers stand at the end of their column. */
  numeric?: boolean;
  cell: (row: Row) => ReactNode;
  /** Set where the rows can be ordered by it. */
  order?: { direction: 'ascending' | 'descending' | null; toggle: () => void };
};

type DataTableProps<Row> = {
  label: string;
  columns: Column<Row>[];
  count: number;
  /** undefined for a row that is still to be read. */
  rowAt: (index: number) => Row | undefined;
  keyOf: (row: Row) => string;
  /** What opening a row does: by click, and by Enter on it. */
  onOpen?: (row: Row) => void;
  /** The key of the row that is open. */
  current?: string;
  /** A row on narrow windows, which have no room for columns. */
  card: (row: Row) => ReactNode;
  cardHeight?: number;
  rowHeight?: number;
  /** Windows narrower than this show cards; 720 pixels otherwise. */
  cardsBelow?: number;
  /** Told which rows are in the page, so that they can be read. */
  onRange?: (first: number, last: number) => void;
};

const COARSE = '(pointer: coarse)';

function useMedia(query: string) {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const change = () => setMatches(media.matches);
    change();
    media.addEventListener('change', change);
    return () => media.removeEventListener('change', change);
  }, [query]);
  return matches;
}

/** Whether the click was on something that acts by itself. */
const acts = (event: MouseEvent) =>
  (event.target as Element).closest('a, button, input, select, label') !== null;

/** See the beginning of the file. j and k move the focus over rows, Enter opens one. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, count, rowAt, keyOf, onRange } = props;
  const body = useRef<HTMLDivElement>(null);
  const [above, setAbove] = useState(0);
  const cards = useMedia(`(width < ${props.cardsBelow ?? 720}px)`);
  const coarse = useMedia(COARSE);
  const height = cards ? (props.cardHeight ?? 64) : Math.max(props.rowHeight ?? 36, coarse ? 44 : 0);

  // How far the table is from the top changes with what stands above it.
  useLayoutEffect(() => {
    const top = body.current ? body.current.getBoundingClientRect().top + scrollY : 0;
    setAbove((before) => (Math.abs(before - top) > 1 ? top : before));
  });

  const [first, last] = useRowsInSight(count, height, above);
  useEffect(() => {
    if (count > 0) onRange?.(first, last);
  }, [first, last, count, onRange]);

  const step = useStep(body, count, (index) => reveal(above + index * height, height));
  useShortcut('j', 'Next row', () => step(1));
  useShortcut('k', 'Previous row', () => step(-1));

  return (
    <div
      className={cards ? 'grid cards' : 'grid'}
      role="table"
      aria-label={label}
      aria-rowcount={count + 1}
      style={
        {
          '--columns': cards ? 'minmax(0, 1fr)' : columns.map(({ track }) => track).join(' '),
        } as CSSProperties
      }
    >
      <div className="head" role="rowgroup">
        <div role="row" aria-rowindex={1}>
          {columns.map((column) => (
            <Header key={column.key} column={column} />
          ))}
        </div>
      </div>
      <div className="body" role="rowgroup" ref={body} style={{ blockSize: count * height }}>
        {Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
          const index = first + i;
          const row = rowAt(index);
          return (
            <TableRow
              key={row === undefined ? index : keyOf(row)}
              table={props}
              index={index}
              cards={cards}
              style={{ blockSize: height, transform: `translateY(${index * height}px)` }}
            />
          );
        })}
      </div>
    </div>
  );
}

function Header<Row>({ column }: { column: Column<Row> }) {
  const { header, numeric, order } = column;
  const direction = order?.direction;
  return (
    <span role="columnheader" className={numeric ? 'number' : undefined} aria-sort={direction ?? undefined}>
      {order ? (
        <button type="button" onClick={order.toggle}>
          {header} {direction && <Icon name={direction === 'ascending' ? 'up' : 'down'} size={11} />}
        </button>
      ) : (
        header
      )}
    </span>
  );
}

type TableRowProps<Row> = { table: DataTableProps<Row>; index: number; cards: boolean; style: CSSProperties };

function TableRow<Row>({ table, index, cards, style }: TableRowProps<Row>) {
  const { rowAt, columns, onOpen, current, keyOf, card } = table;
  const row = rowAt(index);
  const open = onOpen && row !== undefined ? () => onOpen(row) : undefined;
  const isCurrent = row !== undefined && keyOf(row) === current;
  const classes = [open && 'opens', isCurrent && 'current'].filter(Boolean).join(' ');
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && event.target === event.currentTarget) open?.();
  };
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      data-index={index}
      data-key={row === undefined ? undefined : keyOf(row)}
      aria-current={isCurrent || undefined}
      className={classes || undefined}
      tabIndex={open ? 0 : undefined}
      style={style}
      onClick={open && ((event) => !acts(event) && open())}
      onKeyDown={open && keyDown}
    >
      {row === undefined ? (
        <span role="cell" className="muted">
          …
        </span>
      ) : cards ? (
        <div role="cell">{card(row)}</div>
      ) : (
        columns.map((column) => (
          <span key={column.key} role="cell" className={column.numeric ? 'number' : undefined}>
            {column.cell(row)}
          </span>
        ))
      )}
    </div>
  );
}

/** Rows beyond the window that are kept, so that scrolling does not show gaps. */
const SPARE = 8;

/** The first and the last row to be in the page, which is as far as the window shows and some more. */
function useRowsInSight(count: number, height: number, above: number) {
  const [range, setRange] = useState<[number, number]>([0, -1]);
  useLayoutEffect(() => {
    const look = () => {
      const first = Math.max(0, Math.floor((scrollY - above) / height) - SPARE);
      const last = Math.min(count - 1, Math.ceil((scrollY + innerHeight - above) / height) + SPARE);
      setRange((before) => (before[0] === first && before[1] === last ? before : [first, last]));
    };
    look();
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [count, height, above]);
  return range;
}

/** What covers the window's top: the frame's header and the table's. */
const COVERED = 96;

/** Scrolls as little as shows what is so far from the top of the page. */
function reveal(top: number, height: number) {
  if (top < scrollY + COVERED) scrollTo(0, top - COVERED);
  else if (top + 2 * height > scrollY + innerHeight) scrollTo(0, top + 2 * height - innerHeight);
}

/** Moves the focus to the row after or before the one that has it. */
function useStep(
  body: React.RefObject<HTMLDivElement | null>,
  count: number,
  scrollTo: (index: number) => void,
) {
  return useCallback(
    (by: number) => {
      const focused = document.activeElement?.closest<HTMLElement>('[data-index]');
      const inside = focused && body.current?.contains(focused);
      const index = inside ? Number(focused.dataset.index) + by : 0;
      if (index < 0 || index >= count) return;
      scrollTo(index);
      requestAnimationFrame(() => {
        body.current?.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus({ preventScroll: true });
      });
    },
    [body, count, scrollTo],
  );
}
