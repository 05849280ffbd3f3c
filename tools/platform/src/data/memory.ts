import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { replaceFile } from '@rcm/local-aws/kit';
import { RcmError } from '@rcm/telemetry';

/**
 * What a run must know of the earlier ones on the same folder because nothing else tells: how many endpoints were wanted, what
 * the search found while the plaintext was still there, and which rotations a kill interrupted. No secret, no user name.
 */
const schema = z.strictObject({
  endpoints: z.number().int().positive(),
  mode: z.enum(['embedded', 'compose']),
  /** Hits while the logins still lay in Postgres; null until the first search. */
  hitsBeforeScrub: z.number().int().nonnegative().nullable(),
  /** Distinct secrets that lay in plaintext then. */
  seededSecrets: z.number().int().nonnegative(),
  /** Ids of rotation attempts that were open when a run started. */
  interruptedRotations: z.array(z.string()),
});
export type Memory = z.infer<typeof schema>;

export interface MemoryFile {
  readonly value: Memory;
  /** On the disk when it returns: a kill right after leaves either the old or the new one. */
  write(change: Partial<Memory>): void;
}

/** Opens the memory at `path`, or begins with `first`. Fails with `config_invalid` where the file is not one of ours. */
export function openMemory(path: string, first: Memory): MemoryFile {
  let value = readMemory(path) ?? first;
  const write = (change: Partial<Memory>) => {
    value = { ...value, ...change };
    replaceFile(path, `${JSON.stringify(value)}\n`);
  };
  write({});
  return {
    get value() {
      return value;
    },
    write,
  };
}

/** `null` where there is none yet. */
export function readMemory(path: string): Memory | null {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw cause;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new RcmError('config_invalid', `${path} was not written by this version of the platform; give another --data folder.`, { cause });
  }
}
