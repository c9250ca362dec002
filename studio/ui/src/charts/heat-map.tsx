import { useState } from 'react';
import type { Weekday } from '../gql/words';
import { days, chart as words } from '../messages/batch';
import { count, percent } from '../state/format';

type Rate = { weekday: Weekday; hour: number; dialed: number; answered: number };

type HeatMapProps = {
  rates: readonly Rate[];
  /** Where the hours are local. */
  zone: string;
  /** Whether somebody may be called then. */
  open: (day: Weekday, hour: number) => boolean;
};

const DAYS = Object.keys(days) as Weekday[];
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const hourText = (hour: number) => `${String(hour).padStart(2, '0')}:00`;
const share = ({ answered, dialed }: Rate) => (dialed > 0 ? answered / dialed : 0);

/** How often people answered by day and hour: one hue, five steps. */
export function HeatMap({ rates, zone, open }: HeatMapProps) {
  const [asTable, setAsTable] = useState(false);
  const known = new Map(rates.map((rate) => [`${rate.weekday} ${rate.hour}`, rate]));
  const best = [...rates].sort((a, b) => share(b) - share(a) || b.dialed - a.dialed)[0];
  const text = (rate: Rate) =>
    words.heatCell(
      days[rate.weekday],
      hourText(rate.hour),
      rate.answered,
      rate.dialed,
      percent(rate.answered, rate.dialed),
    );
  return (
    <section className="panel stack tight" aria-label={words.heat}>
      <div className="row spread">
        <h2>{words.heat}</h2>
        {rates.length > 0 && (
          <button type="button" className="link" onClick={() => setAsTable(!asTable)}>
            {asTable ? words.asChart : words.asTable}
          </button>
        )}
      </div>
      <p className="muted small">{words.heatZone(zone)}</p>
      {!best ? (
        <p className="muted">{words.heatNone}</p>
      ) : asTable ? (
        <RateTable rates={rates} />
      ) : (
        <div className="heat" role="img" aria-label={words.heatSummary(text(best))}>
          <span />
          {HOURS.map((hour) => (
            <span key={hour} className="hour">
              {hour % 6 === 0 && String(hour).padStart(2, '0')}
            </span>
          ))}
          {DAYS.map((day) => (
            <Day key={day} day={day} known={known} open={open} text={text} />
          ))}
        </div>
      )}
      {best && !asTable && <Scale />}
    </section>
  );
}

type DayProps = {
  day: Weekday;
  known: ReadonlyMap<string, Rate>;
  open: (day: Weekday, hour: number) => boolean;
  text: (rate: Rate) => string;
};

function Day({ day, known, open, text }: DayProps) {
  return (
    <>
      <span className="day">{days[day]}</span>
      {HOURS.map((hour) => {
        const rate = known.get(`${day} ${hour}`);
        if (rate) {
          const step = Math.min(5, Math.floor(share(rate) * 5) + 1);
          return <span key={hour} className={`cell heat-${step}`} title={text(rate)} />;
        }
        const closed = !open(day, hour);
        const title = (closed ? words.heatClosed : words.heatEmpty)(days[day], hourText(hour));
        return <span key={hour} className={closed ? 'cell closed' : 'cell'} title={title} />;
      })}
    </>
  );
}

function Scale() {
  return (
    <div className="scale muted small" aria-hidden="true">
      <span>{words.scale[0]}</span>
      {[1, 2, 3, 4, 5].map((step) => (
        <span key={step} className={`cell heat-${step}`} />
      ))}
      <span>{words.scale[5]}</span>
    </div>
  );
}

function RateTable({ rates }: { rates: readonly Rate[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard
    <div className="scrolls" tabIndex={0}>
      <table className="plain-table">
        <thead>
          <tr>
            <th scope="col">Hour</th>
            <th scope="col">Dialed</th>
            <th scope="col">Answered</th>
            <th scope="col">Rate</th>
          </tr>
        </thead>
        <tbody>
          {rates.map((rate) => (
            <tr key={`${rate.weekday} ${rate.hour}`}>
              <th scope="row">
                {days[rate.weekday]} {hourText(rate.hour)}
              </th>
              <td>{count(rate.dialed)}</td>
              <td>{count(rate.answered)}</td>
              <td>{percent(rate.answered, rate.dialed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
