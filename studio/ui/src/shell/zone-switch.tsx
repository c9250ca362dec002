import { lazy, Suspense, useState } from 'react';
import { Menu } from '../components/menu';
import { shell } from '../messages/shell';
import { zoneCity } from '../state/format';
import { browserZone, prefer, usePreferences, useZone } from '../state/preferences';

const ZoneDialog = lazy(() => import('./zone-dialog'));

/** The one switch for the zone in which every time is shown. */
export function ZoneSwitch() {
  const { zone: chosen } = usePreferences();
  const zone = useZone();
  const [asking, setAsking] = useState(false);
  const own = browserZone();
  const other = chosen !== '' && chosen !== 'UTC';
  return (
    <>
      <Menu
        look="quiet"
        icon="globe"
        name={`${shell.zone}: ${zoneCity(zone)}`}
        label={<span className="wide-only">{zoneCity(zone)}</span>}
        items={[
          {
            label: shell.zoneBrowser(zoneCity(own)),
            checked: chosen === '',
            onSelect: () => prefer({ zone: '' }),
          },
          { label: shell.zoneUTC, checked: chosen === 'UTC', onSelect: () => prefer({ zone: 'UTC' }) },
          ...(other ? [{ label: zoneCity(chosen), checked: true }] : []),
          null,
          { label: shell.zoneOther, onSelect: () => setAsking(true) },
        ]}
      />
      {asking && (
        <Suspense>
          <ZoneDialog onClose={() => setAsking(false)} />
        </Suspense>
      )}
    </>
  );
}
