import { Icon } from '../components/icon';
import { newBatch as messages } from '../messages/newbatch';
import type { Contacts, LocalCheck } from './contacts-state';
import { guessUses, type Use } from './reading/check';
import { fieldNames } from './reading/header';

type ColumnsProps = { contacts: Contacts; local: LocalCheck; variables: readonly string[] };

/** What each column holds and is used as. When every header fits it is closed, one press away. */
export function Columns({ contacts, local, variables }: ColumnsProps) {
  const { columns, fault } = local.checked;
  const named = columns.filter(({ use }) => use.as === 'field' && variables.includes(use.field)).length;
  const unsettled = fault !== null || variables.some((name) => !covers(columns, name));
  return (
    <details className="columns" open={unsettled || undefined} data-part="columns">
      <summary>
        <Icon name="right" size={14} />
        <span className="strong">{messages.columns}</span>
        <span className="muted small">
          {variables.length > 0
            ? messages.columnsUsed(columns.length, named)
            : messages.columnsFound(columns.length)}
        </span>
      </summary>
      <ul>
        {columns.map(({ name, use, samples }, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a column is its place
          <li key={place}>
            <span className="strong clip" title={name}>
              {name}
            </span>
            <span className="samples clip" title={samples.join('\n')}>
              {samples.length > 0 ? samples.join(' · ') : <span className="muted">{messages.noValues}</span>}
            </span>
            <select
              className="input"
              aria-label={messages.usageOf(name)}
              value={choiceOf(use)}
              onChange={(event) => contacts.choose({ uses: changed(local, place, event.target.value) })}
            >
              <option value="phone">{messages.phoneUse}</option>
              <option value="name">{messages.nameUse}</option>
              {fieldsFor(local, place, use, variables).map((field) => (
                <option key={field} value={`field:${field}`}>
                  {variables.includes(field) ? messages.variableUse(field) : messages.ownName(field)}
                </option>
              ))}
              <option value="nothing">{messages.leaveOut}</option>
            </select>
          </li>
        ))}
      </ul>
    </details>
  );
}

const covers = (columns: LocalCheck['checked']['columns'], name: string) =>
  name === 'phone' || name === 'name' || columns.some(({ use }) => use.as === 'field' && use.field === name);

const choiceOf = (use: Use) => (use.as === 'field' ? `field:${use.field}` : use.as);

/** The names that a column can be given: the prompt's, its own, and the one that it has. */
function fieldsFor(local: LocalCheck, place: number, use: Use, variables: readonly string[]): string[] {
  const own = fieldNames(local.table.names)[place] ?? '';
  const names = [...variables.filter((name) => name !== 'phone' && name !== 'name'), own];
  if (use.as === 'field') names.push(use.field);
  return [...new Set(names)].filter(
    (name) => !/^(phone|name)$/i.test(name) || choiceOf(use) === `field:${name}`,
  );
}

/** The uses with one changed. What only one column can be is taken away from the other. */
function changed(local: LocalCheck, place: number, value: string): Use[] {
  const uses = local.choices.uses ?? guessUses(local.table.names);
  const wanted: Use = value.startsWith('field:')
    ? { as: 'field', field: value.slice(6) }
    : { as: value as 'phone' | 'name' | 'nothing' };
  const own = fieldNames(local.table.names);
  return uses.map((use, at): Use => {
    if (at === place) return wanted;
    const same = wanted.as !== 'nothing' && choiceOf(use).toLowerCase() === value.toLowerCase();
    if (!same) return use;
    const name = own[at] ?? '';
    const taken = /^(phone|name)$/i.test(name) || `field:${name}`.toLowerCase() === value.toLowerCase();
    return taken ? { as: 'nothing' } : { as: 'field', field: name };
  });
}

/** The uses with a column taken for a name in the prompt. */
export function withField(local: LocalCheck, place: number, field: string): Use[] {
  return changed(local, place, `field:${field}`);
}
