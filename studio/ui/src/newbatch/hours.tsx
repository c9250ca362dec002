import { Check, TextField } from '../components/field';
import { newBatch as messages } from '../messages/newbatch';
import { type FieldErrors, type Form, type Hours as HoursValue, officeHours, weekdays } from './form';
import { Zone } from './zone';

type HoursProps = { form: Form; change: (change: Partial<Form>) => void; errors: FieldErrors };

/** Local days and hours in which contacts may be called. */
export function Hours({ form, change, errors }: HoursProps) {
  const { hours } = form;
  const set = (some: Partial<HoursValue>) => hours && change({ hours: { ...hours, ...some } });
  return (
    <fieldset className="stack tight" data-part="hours">
      <legend className="sr-only">{messages.hours}</legend>
      <Check
        label={messages.hours}
        hint={messages.hoursHint}
        checked={hours !== null}
        onChecked={(on) => change({ hours: on ? officeHours(form.zone) : null })}
      />
      {hours && (
        <>
          <div className="days" role="group" aria-label={messages.days}>
            {weekdays.map((day) => (
              <label key={day}>
                <input
                  type="checkbox"
                  checked={hours.days.includes(day)}
                  onChange={(event) =>
                    set({
                      days: weekdays.filter((other) =>
                        other === day ? event.target.checked : hours.days.includes(other),
                      ),
                    })
                  }
                />
                <span>
                  {day.charAt(0)}
                  {day.slice(1, 3).toLowerCase()}
                  <span className="sr-only">{day.slice(3).toLowerCase()}</span>
                </span>
              </label>
            ))}
          </div>
          {errors.days && <p className="bad-text small">{errors.days}</p>}
          <div className="hours">
            <TextField
              label={messages.opens}
              type="time"
              value={hours.opens}
              onValue={(opens) => set({ opens })}
              error={errors.opens}
            />
            <TextField
              label={messages.closes}
              type="time"
              value={hours.closes}
              onValue={(closes) => set({ closes })}
              error={errors.closes}
              hint={messages.closesHint}
            />
            <Zone
              label={messages.zone}
              value={hours.zone}
              onValue={(zone) => set({ zone })}
              error={errors.hoursZone}
            />
          </div>
        </>
      )}
    </fieldset>
  );
}
