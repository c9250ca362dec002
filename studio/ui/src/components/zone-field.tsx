import type { ReactNode } from 'react';
import { graphql } from '../gql';
import type { ZonesQuery as Zones } from '../gql/graphql';
import { findZones, offsetText, zoneNamed } from '../state/zones';
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

/** Chooses one of the server's time zones by city, country, name or alias. */
export function ZoneField({ label, hint, error, zones, value, onValue }: ZoneFieldProps) {
  return (
    <Combobox<Zone>
      label={label}
      hint={hint}
      error={error}
      find={(words) => findZones(words, zones)}
      keyOf={({ id }) => id}
      textOf={({ id }) => id}
      value={zoneNamed(value, zones)}
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
