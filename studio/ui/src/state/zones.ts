// Finding a time zone by what people call it.

export type Zone = { id: string; label: string; offsetMinutes: number; aliases: string[] };

/** "UTC", "UTC−5", "UTC+5:30". */
export function offsetText(minutes: number): string {
  if (minutes === 0) return 'UTC';
  const whole = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  return `UTC${minutes < 0 ? '−' : '+'}${whole}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`;
}

const plain = (text: string) =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[_/]/g, ' ').replace(/−/g, '-').toLowerCase().trim();

/** The zones that fit the words, best first, at most `most`: by name, by country, by other names, by offset. */
export function findZones(words: string, zones: readonly Zone[], most = 50): Zone[] {
  const wanted = plain(words);
  if (wanted === '') return zones.slice(0, most);
  const ranked = zones.map((zone) => ({ zone, rank: rank(zone, wanted) })).filter(({ rank }) => rank < 9);
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ zone }) => zone);
}

function rank(zone: Zone, wanted: string): number {
  const label = plain(zone.label);
  const id = plain(zone.id);
  const aliases = zone.aliases.map(plain);
  if (label === wanted || id === wanted) return 0;
  if (label.startsWith(wanted)) return 1;
  if (aliases.includes(wanted)) return 2;
  if (aliases.some((alias) => alias.startsWith(wanted))) return 3;
  const offset = plain(offsetText(zone.offsetMinutes));
  if (offset === wanted || offset.slice(3) === wanted) return 4;
  const all = [label, id, offset, ...aliases].join(' ');
  return wanted.split(/\s+/).every((word) => all.includes(word)) ? 5 : 9;
}

/** The zone of that name, or that has it for another name. */
export function zoneNamed(name: string, zones: readonly Zone[]): Zone | null {
  return zones.find(({ id }) => id === name) ?? zones.find(({ aliases }) => aliases.includes(name)) ?? null;
}
