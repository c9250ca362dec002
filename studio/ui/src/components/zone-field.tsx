import type { ReactNode } from 'react';
import { graphql } from '../gql';
import type { ZonesQuery as Zones } from '../gql/graphql';
import { Combobox } from './combobox';

export const ZonesQuery = graphql(`
  query Zones {
    timeZones {
      id
      label
      offsetMinutes
      aliases
    }
  }
`);

type Zone = Zones['timeZones'][number];

type ZoneFieldProps = {
  label: string;
  hint?: ReactNode;
  error?: ReactNode;
  zones: Zone[];
  /** An IANA name, '' for none. */
  value: string;
  onValue: (zone: string) => void;
};

const MOST = 50;

/** "UTC+5:30". */
export function offsetText(minutes: number) {
  const sign = minutes < 0 ? '−' : '+';
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  return `UTC${sign}${hours}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`;
}

function rank({ id, label, aliases }: Zone, words: string) {
  const names = [label, id, ...aliases].map((name) => name.toLowerCase().replaceAll('_', ' '));
  if (names.some((name) => name.startsWith(words))) return 0;
  return names.some((name) => name.includes(words)) ? 1 : 2;
}

function find(zones: Zone[], typed: string) {
  const words = typed.trim().toLowerCase().replaceAll('_', ' ');
  if (!words) return zones.slice(0, MOST);
  return zones
    .map((zone) => ({ zone, rank: rank(zone, words) }))
    .filter(({ rank }) => rank < 2)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, MOST)
    .map(({ zone }) => zone);
}

/** Chooses one of the server's time zones by city, country, name or alias. */
export function ZoneField({ label, hint, error, zones, value, onValue }: ZoneFieldProps) {
  return (
    <Combobox<Zone>
      label={label}
      hint={hint}
      error={error}
      find={(words) => find(zones, words)}
      keyOf={({ id }) => id}
      textOf={({ id }) => id}
      value={zones.find(({ id, aliases }) => id === value || aliases.includes(value)) ?? null}
      onValue={(zone) => onValue(zone?.id ?? '')}
    >
      {(zone) => (
        <span className="row spread">
          <span>{zone.id.replaceAll('_', ' ')}</span>
          <span className="muted small">{offsetText(zone.offsetMinutes)}</span>
        </span>
      )}
    </Combobox>
  );
}
