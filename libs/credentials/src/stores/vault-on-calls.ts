import { RcmError, type Secret } from '@rcm/telemetry';
import { rotationOf } from '../payload.ts';
import { checkedReference, type SecretReference, secretPath, stagedFolder, stagedPath } from '../reference.ts';
import { invalidReference } from '../refusal.ts';
import { readEach } from './read-each.ts';
import { isSameText } from './same-text.ts';
import { checkVaultSize } from './size-policy.ts';
import type { CallOptions, ClosableSecretStore, StagedSlot, StoredSecret } from './store.ts';
import type { VaultCalls, VaultSecret } from './vault-calls.ts';

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
  const staged = ({ current: reference, attemptId }: StagedSlot): string => {
    current(reference);
    return stagedPath(reference, attemptId);
  };
  const overwrite = (reference: SecretReference, write: Omit<Overwrite, 'path'>) => overwriteOnBase(calls, { path: current(reference), ...write });

  return {
    batchSize: 1,
    async read(reference, options) {
      return stored(await calls.get(current(reference), options));
    },
    async readVersion(reference, version, options) {
      return VERSION.test(version) ? stored(await calls.get(current(reference), options, Number(version))) : null;
    },
    readMany: (references, options) => readEach(references, async (reference) => stored(await calls.get(current(reference), options))),

    async create(reference, text, tags, options) {
      const path = current(reference);
      checkVaultSize(text);
      const made = await createOrFind(calls, path, text, options);
      if (!isSameText(made.text, text)) throw new RcmError('secret_exists', 'There is another secret under this name already; it was left as it is.');
      // Tags come after the text, and again when it is found: a crash between them leaves nothing without tags for good.
      await calls.label(path, tags, options);
      return { reference, version: made.version };
    },
    async replace(reference, text, base, options) {
      checkVaultSize(text);
      return overwrite(reference, { base, text: async () => text, isOurs: (found) => isSameText(found, text), options });
    },

    async stage(slot, text, options) {
      const path = staged(slot);
      checkVaultSize(text);
      const made = await createOrFind(calls, path, text, options);
      await calls.label(path, slot.tags, options);
      return { text: made.text, adopted: !made.created };
    },
    async readStaged(slot, options) {
      return stored(await calls.get(staged(slot), options));
    },
    async listStaged(reference, options) {
      current(reference);
      return calls.list(stagedFolder(reference), options);
    },
    async promote(slot, base, options) {
      const text = async (): Promise<Secret<string>> => {
        const copy = await calls.get(staged(slot), options);
        if (copy.text === null) throw new RcmError('secret_missing', 'There is no staged copy to promote.', { details: { attemptId: slot.attemptId } });
        return copy.text;
      };
      return overwrite(slot.current, { base, text, isOurs: (found) => rotationOf(found).attemptId === slot.attemptId, options });
    },
    async discard(slot, options) {
      await calls.remove(staged(slot), options);
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

/** KV numbers its versions; what is no number was never one of its. */
const VERSION = /^[1-9][0-9]{0,9}$/;

const stored = ({ text, version }: VaultSecret): StoredSecret | null => (text === null ? null : { text, version: String(version) });

interface Made {
  readonly text: Secret<string>;
  readonly version: string;
  readonly created: boolean;
}

/**
 * Creates, or gives back what is there. A path whose latest version was deleted by a person counts as free: the new version goes on
 * top of it, and the deleted one stays in the history.
 */
async function createOrFind(calls: VaultCalls, path: string, text: Secret<string>, options?: CallOptions): Promise<Made> {
  const version = await calls.write(path, text, 0, options);
  if (version !== null) return { text, version: String(version), created: true };
  const found = await calls.get(path, options);
  if (found.text !== null) return { text: found.text, version: String(found.version), created: false };
  const onTop = await calls.write(path, text, found.version, options);
  if (onTop !== null) return { text, version: String(onTop), created: true };
  throw new RcmError('store_conflict', 'Somebody else wrote the secret while it was being created.');
}

interface Overwrite {
  readonly path: string;
  /** The version that the new text was made from. */
  readonly base: string;
  /** Asked only where something is to be written. */
  readonly text: () => Promise<Secret<string>>;
  /** Whether a stored text is the one this write is about, written now or before a crash. */
  readonly isOurs: (text: Secret<string>) => boolean;
  readonly options: CallOptions | undefined;
}

async function overwriteOnBase(calls: VaultCalls, { path, base, text, isOurs, options }: Overwrite): Promise<{ readonly version: string }> {
  const found = await mustExist(calls.get(path, options));
  if (isOurs(found.text)) return { version: found.version };
  if (found.version !== base) throw conflict(base, found.version);
  const version = await calls.write(path, await text(), Number(base), options);
  if (version !== null) return { version: String(version) };
  // Lost, or won by a first try whose answer was lost on the way.
  const after = await mustExist(calls.get(path, options));
  if (isOurs(after.text)) return { version: after.version };
  throw conflict(base, after.version);
}

async function mustExist(read: Promise<VaultSecret>): Promise<StoredSecret> {
  const found = stored(await read);
  if (found === null) throw new RcmError('secret_missing', 'The secret to be replaced is not in Vault.');
  return found;
}

const conflict = (base: string, found: string): RcmError =>
  new RcmError('store_conflict', `The secret is not at version ${base} any more (found ${found}); current was left as it is.`, { details: { base, found } });
