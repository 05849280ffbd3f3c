import { RcmError } from '@rcm/telemetry';

const KNOWN: readonly (readonly [RegExp, (folder: string) => string])[] = [
  [/No space left on device|ENOSPC/, (folder) => `Postgres could not be started: the file system of ${folder} is full.`],
  [/Read-only file system|EROFS/, (folder) => `Postgres could not be started: the file system of ${folder} is read-only.`],
  [/Permission denied|EACCES/, (folder) => `Postgres could not be started: the user it runs as may not enter or write ${folder}; give another --data folder.`],
  [/Address already in use/, () => 'Postgres could not be started: no free port could be taken.'],
  [/shared memory|No space left on shared/i, () => 'Postgres could not be started: the system gives it no shared memory.'],
  [
    /initialized by PostgreSQL version|database files are incompatible/,
    (folder) => `${folder} was written by another version of Postgres; give another --data folder.`,
  ],
];

/** One sentence for why the server did not start, from what it and initdb said. */
export function serverProblem(folder: string, cause: unknown, said: string): RcmError {
  const text = `${said}\n${cause instanceof Error ? cause.message : ''}`;
  const known = KNOWN.find(([pattern]) => pattern.test(text));
  if (known) return new RcmError('database_unavailable', known[1](folder), { cause });
  const last = said.trim().split('\n').at(-1) ?? '';
  return new RcmError('database_unavailable', `Postgres could not be started${last ? `: ${last}` : '.'}`, { cause });
}
