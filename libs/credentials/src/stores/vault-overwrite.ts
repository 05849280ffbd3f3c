import { RcmError, type Secret } from '@rcm/telemetry';
import { firstOfOurs, numbered } from './history.ts';
import { isSameText } from './same-text.ts';
import type { CallOptions, StoredSecret } from './store.ts';
import type { VaultCalls } from './vault-calls.ts';
import { readSecret } from './vault-read.ts';

export interface Overwrite {
  readonly calls: VaultCalls;
  readonly path: string;
  /** The version that the new text was made from. */
  readonly base: string;
  readonly text: OverwritingText;
  readonly options: CallOptions | undefined;
}

/** What is to become current. */
export interface OverwritingText {
  /** Fails with `secret_missing` where there is none. Asked only where something is to be written. */
  get(): Secret<string>;
  /** Whether a stored text shows that this write is done, now or before a crash. */
  isDone(stored: Secret<string>): boolean;
  /** Whether our text can have been made from this one. */
  isBase(stored: Secret<string>): boolean;
}

/**
 * A check-and-set compares numbers, and a secret whose metadata were deleted counts from 1 again: the one that was made anew may
 * have the number of the base. So the base is compared once more after the write, and what was overwritten is put back. Fails with
 * `secret_missing`, `store_conflict`, `store_*`.
 */
export async function overwriteOnBase(write: Overwrite): Promise<{ readonly version: string }> {
  const { calls, path, base, text, options } = write;
  const found = await mustExist(write);
  if (text.isDone(found.text)) return settle(write, found.version, (stored) => text.isBase(stored));
  if (found.version !== base) throw conflict(base, found.version);
  const ours = text.get();
  if (!text.isBase(found.text)) throw conflict(base, 'the same, with fields that would be undone');
  await options?.beforeWrite?.('make_current');
  const written = await calls.write(path, ours, Number(base), options);
  const isRead = (stored: Secret<string>): boolean => isSameText(stored, found.text);
  if (written !== null) return settle(write, String(written.version), isRead);
  // Lost, or won by a first try whose answer was lost on the way.
  const after = await mustExist(write);
  if (text.isDone(after.text)) return settle(write, after.version, isRead);
  throw conflict(base, after.version);
}

/** Our text became `version`: whether it lies where it should. `isBase` knows what had been read. */
async function settle({ calls, path, base, options }: Overwrite, version: string, isBase: OverwritingText['isBase']): Promise<{ readonly version: string }> {
  if (Number(version) !== Number(base) + 1) return { version };
  const under = await firstOfOurs(numbered(base), (number) => readSecret(calls, path, options, number));
  if (under === null || isBase(under.text)) return { version };
  await options?.beforeWrite?.('put_back');
  const back = await calls.write(path, under.text, Number(version), options);
  const became = back === null ? 'is in the history, and somebody has written since' : 'was put back';
  throw new RcmError('store_conflict', `The secret was made anew after version ${base} was read; what had been overwritten ${became}.`, { details: { base } });
}

async function mustExist({ calls, path, options }: Overwrite): Promise<StoredSecret> {
  const found = await readSecret(calls, path, options);
  if (found === null) throw new RcmError('secret_missing', 'The secret to be replaced is not in Vault.');
  return found;
}

const conflict = (base: string, found: string): RcmError =>
  new RcmError('store_conflict', `The secret is not at version ${base} any more (found ${found}); current was left as it is.`, { details: { base, found } });
