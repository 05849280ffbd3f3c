import { one, run, type Records } from './database.ts';

/** A small named value that outlives the process, kept as JSON; null where it was never set. */
export function readSetting(records: Records, name: string): unknown {
  const row = one<{ value: string }>(records, 'SELECT value FROM setting WHERE name = ?', name);
  return row ? (JSON.parse(row.value) as unknown) : null;
}

export function writeSetting(records: Records, name: string, value: unknown): void {
  run(records, 'INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value', name, JSON.stringify(value));
}
