import { hasCode, RcmError } from '@rcm/telemetry';
import type { SecretReference } from '../reference.ts';
import { isSameText } from '../stores/same-text.ts';
import type { CallOptions, SecretReader, SecretTags, SecretWriter, StoredSecret } from '../stores/store.ts';
import { copyText, readCopy } from './replica-copy.ts';

/**
 * `current`: it was up to date. `replicating`: the store's own service is at it. `gone`: the secret itself is not there any more. `not_kept`: its store has no
 * second region.
 */
export type KeptCopy = 'current' | 'written' | 'replicating' | 'gone' | 'not_kept';

export interface KeepCopy {
  readonly from: SecretReader;
  readonly to: SecretReader & SecretWriter;
  readonly reference: SecretReference;
  /** The same name in the second region. */
  readonly twin: SecretReference;
  /** For a copy that does not exist yet; `null` where they are not known. */
  readonly tags: SecretTags | null;
  readonly call: CallOptions;
  /** Awaited before the copy is written, and not where it is current: an audit event, say. What it throws ends the act. */
  readonly beforeWrite?: (() => Promise<void>) | undefined;
}

/** Two writers that copy at once are in each other's way at most this often. */
const MAX_TRIES = 4;

/**
 * Makes the copy hold what the secret holds now. Both are read first, at every try, so that it may be repeated by anybody at any
 * time and a late writer does not put an older version over a newer one. Fails with `store_conflict` where others kept writing.
 */
export async function keepCopy({ from, to, reference, twin, tags, call, beforeWrite }: KeepCopy): Promise<KeptCopy> {
  for (let tries = 1; ; tries += 1) {
    const copy = await to.read(twin, call);
    // Read after the copy: the secret is then at least as new as what the copy was made from.
    const secret = await from.read(reference, call);
    if (secret === null) return 'gone';
    if (copy !== null && isCopyOf(copy, secret)) return 'current';
    try {
      await write(copy, secret);
      return 'written';
    } catch (error) {
      if (!hasCode(error, 'store_conflict', 'secret_exists') || tries === MAX_TRIES) throw error;
    }
  }

  async function write(copy: StoredSecret | null, secret: StoredSecret): Promise<void> {
    const text = copyText(secret);
    await beforeWrite?.();
    if (copy) await to.replace(twin, text, copy.version, call);
    else if (tags) await to.create(twin, text, tags, call);
    else throw new RcmError('secret_missing', 'There is no copy in the second region yet, and this write does not know its tags; repair makes it.');
  }
}

/** The version does not say it alone: a parameter that was deleted and made again counts from 1, and its copy may be of the one before. */
function isCopyOf(copy: StoredSecret, secret: StoredSecret): boolean {
  const read = readCopy(copy.text);
  return read?.version === secret.version && isSameText(read.text, secret.text);
}
