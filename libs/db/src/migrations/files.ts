import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RcmError } from '@rcm/telemetry';

/** One migration as Prisma keeps it: a folder with `migration.sql`. */
export interface MigrationFile {
  /** Folder name, `<timestamp>_<what>`; also the order. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file, in hex, as Prisma writes it into `_prisma_migrations`. */
  readonly checksum: string;
}

/** `prisma/migrations` of this repository. */
export const SHIPPED = fileURLToPath(new URL('../../../../prisma/migrations', import.meta.url));

const NAME = /^\d{14}_[a-z0-9_]+$/;

/** Names of all migrations, the oldest first. Fails with `config_invalid` where the folder is missing or holds none. */
export async function migrationNames(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    throw new RcmError('config_invalid', `The folder of migrations cannot be read: ${directory}`, { cause });
  });
  const names = entries.filter((entry) => entry.isDirectory() && NAME.test(entry.name)).map((entry) => entry.name);
  if (names.length === 0) throw new RcmError('config_invalid', `There are no migrations in ${directory}.`);
  return names.sort();
}

/** Reads all migrations, the oldest first. Fails as `migrationNames`. */
export async function readMigrations(directory: string): Promise<MigrationFile[]> {
  return Promise.all(
    (await migrationNames(directory)).map(async (name) => {
      const bytes = await readFile(join(directory, name, 'migration.sql'));
      return { name, sql: bytes.toString('utf8'), checksum: createHash('sha256').update(bytes).digest('hex') };
    }),
  );
}
