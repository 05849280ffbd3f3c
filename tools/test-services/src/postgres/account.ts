import { execFileSync } from 'node:child_process';

/** The account Postgres runs under: empty where this process may run it itself. */
export type ServerAccount = { uid: number; gid: number } | Record<string, never>;

const NAME = 'postgres';

/**
 * Postgres refuses to run as root, so root lends it the account `postgres` and makes it once where the machine has none.
 * Throws when root cannot make the account.
 */
export function serverAccount(): ServerAccount {
  if (process.getuid?.() !== 0) return {};
  if (!exists()) {
    try {
      execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', NAME], { stdio: 'pipe' });
    } catch (cause) {
      // Two runs may make it at the same moment: the loser finds it made.
      if (!exists()) throw new Error(`Postgres may not run as root and the account "${NAME}" could not be made`, { cause });
    }
  }
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function exists(): boolean {
  try {
    idOf('-u');
    return true;
  } catch {
    return false;
  }
}

function idOf(flag: '-u' | '-g'): number {
  return Number(execFileSync('id', [flag, NAME], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim());
}
