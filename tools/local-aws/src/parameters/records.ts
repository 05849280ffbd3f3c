import { AwsError } from '../aws-error.ts';
import type { Database } from '../storage/database.ts';
import type { Tier } from './tier.ts';

type ParameterType = 'String' | 'StringList' | 'SecureString';

export interface ParameterRecord {
  readonly name: string;
  readonly type: ParameterType;
  readonly tier: Tier;
  /** The newest version. */
  readonly version: number;
}

export interface VersionRecord extends Omit<ParameterRecord, 'version'> {
  readonly version: number;
  readonly value_id: number;
  readonly key_id: string | null;
  readonly description: string | null;
  readonly allowed_pattern: string | null;
  readonly modified_at: number;
  readonly modified_by: string;
}

const VERSION = `SELECT p.name, p.type, v.tier, v.version, v.value_id, v.key_id, v.description, v.allowed_pattern, v.modified_at, v.modified_by
  FROM parameter p JOIN parameter_version v ON v.name = p.name`;

export const findParameter = (database: Database, name: string): ParameterRecord | null =>
  database.get<ParameterRecord>('SELECT name, type, tier, version FROM parameter WHERE name = ?', name);

export function requireParameter(database: Database, name: string): ParameterRecord {
  const record = findParameter(database, name);
  if (!record) throw parameterNotFound(name);
  return record;
}

export const parameterNotFound = (name: string): AwsError => new AwsError('ParameterNotFound', `Parameter ${name} not found.`);

export const versionNotFound = (name: string, by: 'version' | 'label', wanted: number | string): AwsError =>
  new AwsError('ParameterVersionNotFound', `Systems Manager could not find ${by} ${wanted} of ${name}. Verify the ${by} and try again.`);

export const findVersion = (database: Database, name: string, version: number): VersionRecord | null =>
  database.get<VersionRecord>(`${VERSION} WHERE p.name = ? AND v.version = ?`, name, version);

export const findLabelled = (database: Database, name: string, label: string): VersionRecord | null =>
  database.get<VersionRecord>(
    `${VERSION} WHERE p.name = ? AND v.version = (SELECT l.version FROM parameter_label l WHERE l.name = p.name AND l.label = ?)`,
    name,
    label,
  );

/** Oldest first. */
export const versionsAfter = (database: Database, name: string, after: number, limit: number): VersionRecord[] =>
  database.all<VersionRecord>(`${VERSION} WHERE p.name = ? AND v.version > ? ORDER BY v.version LIMIT ?`, name, after, limit);

/** The newest versions of the parameters whose name begins with `prefix` and sorts behind `after`, by name. */
export const currentByPrefix = (database: Database, prefix: string, after: string): VersionRecord[] =>
  database.all<VersionRecord>(
    `${VERSION} WHERE v.version = p.version AND p.name > ? AND p.name >= ? AND p.name < ? ORDER BY p.name`,
    ...[after, prefix, `${prefix}\u{10ffff}`],
  );

export const labelsOf = (database: Database, name: string, version: number): string[] =>
  database.all<{ label: string }>('SELECT label FROM parameter_label WHERE name = ? AND version = ? ORDER BY label', name, version).map(({ label }) => label);

export function countByTier(database: Database): Record<Tier, number> {
  const rows = database.all<{ tier: Tier; count: number }>('SELECT tier, count(*) AS count FROM parameter GROUP BY tier');
  const count: Record<Tier, number> = { Standard: 0, Advanced: 0 };
  for (const row of rows) count[row.tier] = row.count;
  return count;
}
