import { useInstants } from '../state/format';

type InstantProps = { at: string | null | undefined; style?: 'short' | 'time' | 'minute' | 'long' };

/** An instant in the display zone; all of it is in its title. Nothing for none. */
export function Instant({ at, style = 'short' }: InstantProps) {
  const instants = useInstants();
  if (!at) return null;
  return (
    <time dateTime={at} title={instants.long(at)}>
      {instants[style](at)}
    </time>
  );
}
