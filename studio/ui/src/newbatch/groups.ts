// Rejected rows, grouped by what a person does about them.
import type { Checked, Rejection } from './reading/check';
import { type RepairKind, repairKinds } from './reading/repair';

/** Rows that one repair mends. */
export type Mendable = {
  kind: RepairKind;
  rows: Rejection[];
  /** Rows that it has mended already. */
  done: number;
};

/** Rows that nobody can mend but the person, for one reason. */
export type Lost = { detail: string; rows: Rejection[] };

/** Groups rejected rows, the largest groups first. */
export function group(checked: Checked): { mendable: Mendable[]; lost: Lost[] } {
  const byKind = new Map<RepairKind, Rejection[]>();
  const byDetail = new Map<string, Rejection[]>();
  for (const rejection of checked.rejections) {
    const fits = rejection.code === 'INVALID_PHONE_FORMAT' ? rejection.repair : null;
    if (fits) add(byKind, fits.kind, rejection);
    else add(byDetail, rejection.detail, rejection);
  }
  const mendable = repairKinds
    .map((kind) => ({ kind, rows: byKind.get(kind) ?? [], done: checked.repaired[kind] ?? 0 }))
    .filter(({ rows, done }) => rows.length + done > 0);
  const lost = [...byDetail].map(([detail, rows]) => ({ detail, rows }));
  return { mendable: mendable.sort(larger), lost: lost.sort(larger) };
}

function add<K>(groups: Map<K, Rejection[]>, key: K, rejection: Rejection): void {
  const rows = groups.get(key);
  if (rows) rows.push(rejection);
  else groups.set(key, [rejection]);
}

function larger(a: { rows: Rejection[] }, b: { rows: Rejection[] }): number {
  return b.rows.length - a.rows.length;
}

/** At most three rows that look different, to show what a group is about. */
export function examples(rows: readonly Rejection[]): Rejection[] {
  const shapes = new Map<string, Rejection>();
  for (const row of rows) {
    const shape = row.phone.replace(/\d/g, '0');
    if (!shapes.has(shape)) shapes.set(shape, row);
    if (shapes.size === 3) break;
  }
  return [...shapes.values()];
}

/** Which column a name in a prompt probably means: the same letters, whatever their case and what is between them. */
export function alike(name: string, columns: readonly string[]): number {
  const letters = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');
  const wanted = letters(name);
  return wanted === '' ? -1 : columns.findIndex((column) => letters(column) === wanted);
}
