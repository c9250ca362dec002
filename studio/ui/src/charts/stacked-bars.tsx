import { useState } from 'react';
import type { Outcome } from '../gql/words';
import { chart as words } from '../messages/batch';
import { count, span, useInstants } from '../state/format';
import { bySeries, SERIES } from './outcome-series';

export type Bucket = { startsAt: string; outcomes: readonly { outcome: Outcome; count: number }[] };

type StackedBarsProps = { bucketSeconds: number; buckets: readonly Bucket[] };

const HEIGHT = 168;
const TOP = 8;
const BOTTOM = 22;
/** Room for a bar, at most, and labels below all of them, in percent and in number. */
const WIDEST = 8;
const LABELS = 5;

type Bar = { at: number; counts: number[]; total: number };

/** Every span from the first to the last, also those in which nothing ended. */
function bars({ bucketSeconds, buckets }: StackedBarsProps): Bar[] {
  const known = new Map(buckets.map(({ startsAt, outcomes }) => [Date.parse(startsAt), bySeries(outcomes)]));
  const starts = [...known.keys()];
  const first = Math.min(...starts);
  const last = Math.max(...starts);
  const step = bucketSeconds * 1000;
  return Array.from({ length: Math.round((last - first) / step) + 1 }, (_, i) => {
    const at = first + i * step;
    const counts = known.get(at) ?? SERIES.map(() => 0);
    return { at, counts, total: counts.reduce((a, b) => a + b, 0) };
  });
}

/** "minute", "5 min", "hour". */
const per = (seconds: number) => ({ 60: 'minute', 3600: 'hour', 86400: 'day' })[seconds] ?? span(seconds);

/** A round number at or above n, of which a half is whole, too. */
function ceiling(n: number) {
  const magnitude = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
  const step = [1, 2, 4, 6, 8, 10].find((one) => one * magnitude >= n) ?? 10;
  return Math.max(2, step * magnitude);
}

/** How attempts ended over time, as bars or as a table. */
export function StackedBars(props: StackedBarsProps) {
  const [asTable, setAsTable] = useState(false);
  const all = props.buckets.length > 0 ? bars(props) : [];
  return (
    <section className="panel stack tight chart" aria-label={words.outcomes(per(props.bucketSeconds))}>
      <div className="row spread">
        <h2>{words.outcomes(per(props.bucketSeconds))}</h2>
        {all.length > 0 && (
          <button type="button" className="link" onClick={() => setAsTable(!asTable)}>
            {asTable ? words.asChart : words.asTable}
          </button>
        )}
      </div>
      {all.length === 0 ? (
        <p className="muted chart-empty">{words.none}</p>
      ) : asTable ? (
        <Table bars={all} />
      ) : (
        <Drawing bars={all} />
      )}
      <ul className="legend">
        {SERIES.filter((_, i) => all.some(({ counts }) => (counts[i] ?? 0) > 0)).map(({ key, label }) => (
          <li key={key}>
            <span className={`series ${key}`} />
            {label}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Drawing({ bars }: { bars: Bar[] }) {
  const instants = useInstants();
  const most = ceiling(Math.max(...bars.map(({ total }) => total)));
  const slot = 100 / bars.length;
  const width = Math.min(slot * 0.9, WIDEST);
  const y = (n: number) => TOP + (1 - n / most) * (HEIGHT - TOP - BOTTOM);
  const every = Math.ceil(bars.length / LABELS);
  const ended = bars.reduce((sum, { total }) => sum + total, 0);
  const from = instants.short(new Date(bars[0]?.at ?? 0));
  const to = instants.short(new Date(bars.at(-1)?.at ?? 0));
  return (
    <svg height={HEIGHT} role="img" aria-label={words.summary(from, to, ended)}>
      {[0, most / 2, most].map((n) => (
        <g key={n}>
          <line x2="100%" y1={y(n)} y2={y(n)} />
          <text x={-8} y={y(n) + 4} textAnchor="end">
            {count(n)}
          </text>
        </g>
      ))}
      {bars.map((bar, i) => {
        const middle = (i + 0.5) * slot;
        return (
          <g key={bar.at}>
            <Stack bar={bar} x={middle - width / 2} width={width} y={y} />
            {i % every === 0 && (
              <text x={`${middle}%`} y={HEIGHT - 6} textAnchor="middle">
                {instants.minute(new Date(bar.at))}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

type StackProps = { bar: Bar; x: number; width: number; y: (n: number) => number };

function Stack({ bar, x, width, y }: StackProps) {
  const instants = useInstants();
  let below = 0;
  return (
    <g>
      <title>
        {instants.short(new Date(bar.at))}:{' '}
        {SERIES.map(({ label }, i) => [label, bar.counts[i] ?? 0] as const)
          .filter(([, n]) => n > 0)
          .map(([label, n]) => `${count(n)} ${label.toLowerCase()}`)
          .join(', ') || '0'}
      </title>
      {SERIES.map(({ key }, i) => {
        const n = bar.counts[i] ?? 0;
        if (n === 0) return null;
        const bottom = y(below);
        below += n;
        const height = Math.max(2, bottom - y(below));
        return (
          <rect
            key={key}
            className={`series ${key}`}
            x={`${x}%`}
            y={bottom - height}
            width={`${width}%`}
            height={height}
          />
        );
      })}
    </g>
  );
}

function Table({ bars }: { bars: Bar[] }) {
  const instants = useInstants();
  const shown = SERIES.map((series, i) => ({ ...series, i })).filter(({ i }) =>
    bars.some(({ counts }) => (counts[i] ?? 0) > 0),
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
    <div className="scrolls" tabIndex={0}>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">{words.time}</th>
            {shown.map(({ key, label }) => (
              <th key={key} scope="col">
                {label}
              </th>
            ))}
            <th scope="col">{words.all}</th>
          </tr>
        </thead>
        <tbody>
          {bars
            .filter(({ total }) => total > 0)
            .map(({ at, counts, total }) => (
              <tr key={at}>
                <th scope="row">{instants.short(new Date(at))}</th>
                {shown.map(({ key, i }) => (
                  <td key={key}>{count(counts[i] ?? 0)}</td>
                ))}
                <td>{count(total)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}
