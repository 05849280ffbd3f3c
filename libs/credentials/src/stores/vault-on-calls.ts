import { RcmError, type Secret } from '@rcm/telemetry';
import { checkedReference, type SecretReference, secretPath, stagedFolder, stagedPath } from '../reference.ts';
import { invalidReference } from '../refusal.ts';
import { firstOfOurs, numbered, numbersBefore } from './history.ts';
import { readEach } from './read-each.ts';
import { isPromoted, isSameText, keepsFieldsOf } from './same-text.ts';
import { checkVaultSize } from './size-policy.ts';
import type { CallOptions, ClosableSecretStore, StagedSlot } from './store.ts';
import type { VaultCalls, VaultWritten } from './vault-calls.ts';
import { overwriteOnBase, type OverwritingText } from './vault-overwrite.ts';
import { readSecret } from './vault-read.ts';
import { rehearseOnVault } from './vault-rehearsal.ts';

export interface VaultRules {
  /** The KV v2 mount that `calls` speak to; a reference of another one is refused. */
  readonly mount: string;
}

/**
 * Payloads in a KV v2 mount of Vault or OpenBao. Versions are KV's numbers as text. Every write is a check-and-set, so a lost race
 * is prevented; a write that was answered late or not at all is recognised when it is repeated.
 */
export function vaultStoreOn(calls: VaultCalls, { mount }: VaultRules): ClosableSecretStore {
  const current = (reference: SecretReference): string => currentPath(mount, reference);
  const staged = (slot: StagedSlot): string => copyPath(mount, slot);
  const overwrite = (reference: SecretReference, base: string, text: OverwritingText, options?: CallOptions) =>
    overwriteOnBase({ calls, path: current(reference), base, text, options });

  return {
    batchSize: 1,
    async read(reference, options) {
      return readSecret(calls, current(reference), options);
    },
    async readVersion(reference, version, options) {
      return firstOfOurs(numbered(version), (number) => readSecret(calls, current(reference), options, number));
    },
    async readBefore(reference, version, options) {
      return firstOfOurs(numbersBefore(version), (number) => readSecret(calls, current(reference), options, number));
    },
    readMany: (references, options) => readEach(references, async (reference) => readSecret(calls, current(reference), options)),

    async create(reference, text, tags, options) {
      const path = current(reference);
      checkVaultSize(text);
      const made = await createToStay(calls, path, text, options);
      if (!isSameText(made.text, text)) throw new RcmError('secret_exists', 'There is another secret under this name already; it was left as it is.');
      // Tags come after the text, and again when it is found: a crash between them leaves nothing without tags for good.
      await calls.label(path, tags, options);
      return { reference, version: made.version };
    },
    async replace(reference, text, base, options) {
      checkVaultSize(text);
      return overwrite(reference, base, { get: () => text, isDone: (stored) => isSameText(stored, text), isBase: () => true }, options);
    },

    async stage(slot, text, options) {
      const path = staged(slot);
      checkVaultSize(text);
      const made = await createToStay(calls, path, text, options);
      await calls.label(path, slot.tags, options);
      return { text: made.text, adopted: !made.created };
    },
    async readStaged(slot, options) {
      return readSecret(calls, staged(slot), options);
    },
    async listStaged(reference, options) {
      current(reference);
      return calls.list(stagedFolder(reference), options);
    },
    async rehearse(slot, base, options = {}) {
      return rehearseOnVault({ calls, paths: { current: current(slot.current), staged: staged(slot) }, base, options });
    },
    async promote(slot, base, options) {
      const path = staged(slot);
      const { text: copy } = await calls.get(path, options);
      return overwrite(slot.current, base, stagedText(slot, copy), options);
    },
    async discard(slot, options) {
      const path = staged(slot);
      await options?.beforeWrite?.('discard');
      await calls.remove(path, options);
    },
    // Connections are those of Node's own pool, which closes them when they are idle.
    close: () => {},
  };
}

function currentPath(mount: string, reference: SecretReference): string {
  if (reference.store !== 'vault') throw invalidReference('other_store');
  if (reference.mount !== mount) throw invalidReference('other_mount');
  return secretPath(checkedReference(reference));
}

function copyPath(mount: string, { current, attemptId }: StagedSlot): string {
  currentPath(mount, current);
  return stagedPath(current, attemptId);
}

function stagedText({ attemptId }: StagedSlot, copy: Secret<string> | null): OverwritingText {
  return {
    get() {
      if (copy === null) throw new RcmError('secret_missing', 'There is no staged copy to promote.', { details: { attemptId } });
      return copy;
    },
    isDone: (stored) => isPromoted(stored, attemptId, copy),
    isBase: (stored) => copy === null || keepsFieldsOf(copy, stored),
  };
}

interface Made {
  readonly text: Secret<string>;
  readonly version: string;
  readonly created: boolean;
}

/** `createOrFind`, where what it comes to stays. Fails with `store_denied` besides: a password that was given to a store that throws it away is lost. */
async function createToStay(calls: VaultCalls, path: string, text: Secret<string>, options?: CallOptions): Promise<Made> {
  const { isTemporary, ...made } = await createOrFind(calls, path, text, options);
  if (isTemporary)
    throw new RcmError(
      'store_denied',
      'Vault would delete the secret by itself after a while: set delete_version_after to 0s, of the mount and of the secret. What lies there is not used.',
    );
  return made;
}

/**
 * Creates, or gives back what is there. A path whose latest version was deleted by a person counts as free: the new version goes on
 * top of it, and the deleted one stays in the history.
 */
async function createOrFind(calls: VaultCalls, path: string, text: Secret<string>, options?: CallOptions): Promise<Made & Pick<VaultWritten, 'isTemporary'>> {
  const written = await calls.write(path, text, 0, options);
  if (written !== null) return { ...written, text, version: String(written.version), created: true };
  const found = await calls.get(path, options);
  if (found.text !== null) return { ...found, text: found.text, version: String(found.version), created: false };
  const onTop = await calls.write(path, text, found.version, options);
  if (onTop !== null) return { ...onTop, text, version: String(onTop.version), created: true };
  throw new RcmError('store_conflict', 'Somebody else wrote the secret while it was being created.');
}
