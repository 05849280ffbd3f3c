import type { Database } from '@rcm/local-aws/kit';
import { Refusal } from '../http/answer.ts';
import type { Place } from './records.ts';

/** Go's time.ParseDuration, as far as people write it; a number is seconds. */
const PARTS = /^(-)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,9})s?)?$/;

/** `delete_version_after` of a mount (path '') or a secret, in ms; 0: none. Below zero, of a mount: no version goes by itself, whatever its secret says. */
export const deleteAfter = (database: Database, { namespace, mount, path }: Place): number =>
  database.get<{ readonly ms: number }>('SELECT ms FROM kv_delete_after WHERE namespace = ? AND mount = ? AND path = ?', namespace, mount, path)?.ms ?? 0;

/** Fails with 400. */
export function setDeleteAfter(database: Database, { namespace, mount, path }: Place, given: unknown): void {
  if (given === undefined) return;
  const [whole, sign, hours = 0, minutes = 0, seconds = 0] = PARTS.exec(typeof given === 'number' || typeof given === 'string' ? String(given) : '') ?? [];
  if (!whole) throw new Refusal(400, 'error converting input for field "delete_version_after"');
  const ms = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000 * (sign === undefined ? 1 : -1);
  database.run(
    'INSERT INTO kv_delete_after(namespace, mount, path, ms) VALUES (?, ?, ?, ?) ON CONFLICT (namespace, mount, path) DO UPDATE SET ms = excluded.ms',
    ...[namespace, mount, path, ms],
  );
}

/** As Go prints a duration. */
export function durationText(ms: number): string {
  const [hours, minutes, seconds] = [Math.floor(Math.abs(ms) / 3_600_000), Math.floor(Math.abs(ms) / 60_000) % 60, (Math.abs(ms) / 1_000) % 60];
  return `${ms < 0 ? '-' : ''}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${seconds}s`;
}

/** When a version that is written now goes by itself: after the shorter of the two (path_data.go, deletionTime); `null`: it stays. */
export function deletionTime(database: Database, place: Place, now: number): number | null {
  const ofMount = deleteAfter(database, { ...place, path: '' });
  if (ofMount < 0) return null;
  const after = [ofMount, deleteAfter(database, place)].filter((ms) => ms > 0);
  return after.length === 0 ? null : now + Math.min(...after);
}
