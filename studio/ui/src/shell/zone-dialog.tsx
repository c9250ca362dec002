import { useState } from 'react';
import { useQuery } from 'urql';
import { Button } from '../components/button';
import { Dialog } from '../components/dialog';
import { Loaded } from '../components/loaded';
import { ZoneField, ZonesQuery } from '../components/zone-field';
import { common, shell } from '../messages/shell';
import { prefer, useZone } from '../state/preferences';

/** Asks for a zone to show times in. */
export default function ZoneDialog({ onClose }: { onClose: () => void }) {
  const [zone, setZone] = useState(useZone());
  const [result, ask] = useQuery({ query: ZonesQuery, requestPolicy: 'cache-first' });
  const save = () => {
    if (!zone) return;
    prefer({ zone });
    onClose();
  };
  return (
    <Dialog
      title={shell.zoneDialog}
      onClose={onClose}
      onSubmit={save}
      actions={
        <>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" look="primary" disabled={!zone}>
            {common.save}
          </Button>
        </>
      }
    >
      <Loaded result={result} again={ask} lines={2}>
        {({ timeZones }) => (
          <ZoneField
            label={shell.zoneField}
            hint={shell.zoneHint}
            zones={timeZones}
            value={zone}
            onValue={setZone}
          />
        )}
      </Loaded>
    </Dialog>
  );
}
