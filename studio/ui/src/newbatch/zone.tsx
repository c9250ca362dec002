import { useQuery } from 'urql';
import { TextField } from '../components/field';
import { ZoneField, ZonesQuery } from '../components/zone-field';
import { newBatch as messages } from '../messages/newbatch';

type ZoneProps = {
  label: string;
  value: string;
  onValue: (zone: string) => void;
  error?: string | undefined;
};

/** Chooses a time zone. Until the list of them is there, its name can be typed. */
export function Zone(props: ZoneProps) {
  const [{ data }] = useQuery({ query: ZonesQuery, requestPolicy: 'cache-first' });
  if (!data) return <TextField {...props} />;
  return <ZoneField {...props} hint={messages.zoneHint} zones={data.timeZones} />;
}
