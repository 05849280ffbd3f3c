import { RcmError, type Secret } from '@rcm/telemetry';
import { checkedReference, type SecretReference, secretPath, stagedFolder, stagedPath } from '../reference.ts';
import { invalidReference } from '../refusal.ts';
import { readEach } from './read-each.ts';
import { mustKeepFields, stagedAsGiven, unlessMoved } from './rehearsal.ts';
import { isPromoted, isSameText, keepsFieldsOf } from './same-text.ts';
import { checkVaultSize } from './size-policy.ts';
import type { CallOptions, ClosableSecretStore, StagedSlot, StoredSecret } from './store.ts';
import type { VaultCalls, VaultSecret } from './vault-calls.ts';
import { findWrittenOver } from './written-over.ts';

export interface VaultRules {
  /** The KV v2 mount that `calls` speak to; a reference of another one is refused. */
  readonly mount: string;
}

/**
 * Payloads in a KV v2 mount of Vault or OpenBao. Versions are KV's numbers as text. Every write is a check-and-set, so a lost race
 * is prevented; a write that was answered late or not at all is recognised when it is repeated.
 *
 * `rehearse` proves: the copy can be read back and is as given; current is at `base`; the size fits; the token's policies allow
 * current to be written (`sys/capabilities-self`). Check-and-set is used on every write, so a mount that requires it changes nothing.
 * Not proven: that Vault's storage takes the write, what Sentinel or control groups would say, that it stays so until `promote`.
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
    async readBefore(reference, version, options) {
      return VERSION.test(version) && version !== '1' ? stored(await calls.get(current(reference), options, Number(version) - 1)) : null;
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
      return overwrite(reference, { base, text: () => text, isDone: (found) => isSameText(found, text), isBase: () => true, options });
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
    async rehearse(slot, base, options = {}) {
      const copy = stagedAsGiven(stored(await calls.get(staged(slot), options)), options);
      checkVaultSize(copy.text);
      const path = current(slot.current);
      const found = unlessMoved(stored(await calls.get(path, options)), base);
      mustKeepFields(copy, found);
      const capabilities = await calls.capabilities(path, options);
      if (!capabilities.some((capability) => capability === 'update' || capability === 'root'))
        throw new RcmError('store_denied', 'The policy of the AppRole does not allow the current secret to be written. Nothing was written.');
      const overwritten = await findWrittenOver(found, async ({ version }) =>
        version === '1' ? null : stored(await calls.get(path, options, Number(version) - 1)),
      );
      return { overwritten };
    },
    async promote(slot, base, options) {
      const path = staged(slot);
      const { text: copy } = await calls.get(path, options);
      const text = (): Secret<string> => {
        if (copy === null) throw new RcmError('secret_missing', 'There is no staged copy to promote.', { details: { attemptId: slot.attemptId } });
        return copy;
      };
      const isBase = (found: Secret<string>): boolean => copy === null || keepsFieldsOf(copy, found);
      return overwrite(slot.current, { base, text, isDone: (found) => isPromoted(found, slot.attemptId, copy), isBase, options });
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
  readonly text: () => Secret<string>;
  /** Whether a stored text shows that this write is done, now or before a crash. */
  readonly isDone: (text: Secret<string>) => boolean;
  /** Whether our text can have been made from this one. */
  readonly isBase: (text: Secret<string>) => boolean;
  readonly options: CallOptions | undefined;
}

/**
 * A check-and-set compares numbers, and a secret whose metadata were deleted counts from 1 again: the one that was made anew may
 * have the number of the base. So the base is compared once more after the write, and what was overwritten is put back.
 */
async function overwriteOnBase(calls: VaultCalls, write: Overwrite): Promise<{ readonly version: string }> {
  const { path, base, text, isDone, isBase, options } = write;
  const found = await mustExist(calls.get(path, options));
  if (isDone(found.text)) return settle(calls, write, found.version, isBase);
  if (found.version !== base) throw conflict(base, found.version);
  const ours = text();
  if (!isBase(found.text)) throw conflict(base, 'the same, with fields that would be undone');
  await options?.beforeWrite?.('make_current');
  const version = await calls.write(path, ours, Number(base), options);
  const isRead = (stored: Secret<string>): boolean => isSameText(stored, found.text);
  if (version !== null) return settle(calls, write, String(version), isRead);
  // Lost, or won by a first try whose answer was lost on the way.
  const after = await mustExist(calls.get(path, options));
  if (isDone(after.text)) return settle(calls, write, after.version, isRead);
  throw conflict(base, after.version);
}

async function settle(
  calls: VaultCalls,
  { path, base, options }: Overwrite,
  version: string,
  isBase: Overwrite['isBase'],
): Promise<{ readonly version: string }> {
  if (Number(version) !== Number(base) + 1) return { version };
  const under = await calls.get(path, options, Number(base));
  if (under.text === null || isBase(under.text)) return { version };
  await options?.beforeWrite?.('put_back');
  const back = await calls.write(path, under.text, Number(version), options);
  const became = back === null ? 'is in the history, and somebody has written since' : 'was put back';
  throw new RcmError('store_conflict', `The secret was made anew after version ${base} was read; what had been overwritten ${became}.`, { details: { base } });
}

async function mustExist(read: Promise<VaultSecret>): Promise<StoredSecret> {
  const found = stored(await read);
  if (found === null) throw new RcmError('secret_missing', 'The secret to be replaced is not in Vault.');
  return found;
}

const conflict = (base: string, found: string): RcmError =>
  new RcmError('store_conflict', `The secret is not at version ${base} any more (found ${found}); current was left as it is.`, { details: { base, found } });
