import { RcmError } from '@rcm/telemetry';
import { isSameText, keepsFieldsOf } from './same-text.ts';
import type { RehearseOptions, StoredSecret } from './store.ts';

/** The copy, where it is there and is what the caller staged. Fails with `secret_missing`, `store_conflict`. */
export function stagedAsGiven<T extends StoredSecret>(staged: T | null, { text }: RehearseOptions): T {
  if (staged === null) throw new RcmError('secret_missing', 'There is no staged copy to promote.');
  if (text !== undefined && !isSameText(staged.text, text))
    throw new RcmError('store_conflict', 'The staged copy is not what was staged: read back, it is another text. Current was left as it is.');
  return staged;
}

/** Current, where it is still the version that the attempt was planned on. Fails with `secret_missing`, `store_conflict`. */
export function unlessMoved<T extends StoredSecret>(current: T | null, base: string): T {
  if (current === null) throw new RcmError('secret_missing', 'The current secret is not in the store any more.');
  if (current.version !== base)
    throw new RcmError('store_conflict', `The secret is not at version ${base} any more (found ${current.version}); nothing was written.`, {
      details: { base, found: current.version },
    });
  return current;
}

/** Refuses a copy that was made from another payload than this one. Fails with `store_conflict`. */
export function mustKeepFields(staged: StoredSecret, current: StoredSecret): void {
  if (!keepsFieldsOf(staged.text, current.text))
    throw new RcmError('store_conflict', `Version ${current.version} has fields that the staged copy would undo; current was left as it is.`, {
      details: { base: current.version, found: current.version },
    });
}
