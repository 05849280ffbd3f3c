import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IdentityKey, IdentityKeys } from '../login-identity.ts';
import type { BackupOrigin } from './backup.ts';

/**
 * A keyed digest over the lines of a backup: a file can be sealed by whoever knows a recipient, but marked only by who has the identity key, which
 * lies neither beside the database nor beside the backups.
 */
export class BackupMark {
  readonly #digests: readonly { readonly id: string; readonly digest: ReturnType<typeof createHmac> }[];

  private constructor(keys: readonly IdentityKey[]) {
    this.#digests = keys.map(({ id, key }) => ({ id, digest: createHmac('sha256', key.reveal()).update('rcm-backup\n', 'utf8') }));
  }

  /** For a file that is written: under the current key. */
  static writing({ current }: IdentityKeys): BackupMark {
    return new BackupMark([current]);
  }

  /** For a file that is read: under each key that is known. */
  static reading({ current, previous }: IdentityKeys): BackupMark {
    return new BackupMark(previous ? [current, previous] : [current]);
  }

  add(line: Uint8Array): void {
    for (const { digest } of this.#digests) digest.update(line).update('\n', 'utf8');
  }

  /** Ends it. */
  value(): { readonly key_id: string; readonly mark: string } {
    const [one] = this.#digests;
    if (!one) throw new Error('A mark has one key at least.');
    return { key_id: one.id, mark: one.digest.digest('hex') };
  }

  /** Ends it. */
  originOf({ key_id, mark }: { readonly key_id: string; readonly mark: string }): BackupOrigin {
    const claimed = Buffer.from(mark, 'hex');
    const isOurs = this.#digests.some(({ id, digest }) => id === key_id && timingSafeEqual(digest.digest(), claimed));
    return isOurs ? 'ours' : 'unknown';
  }
}
