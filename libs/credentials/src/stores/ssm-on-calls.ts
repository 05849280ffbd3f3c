import { type Clock, hasCode, RcmError, type Secret, systemClock } from '@rcm/telemetry';
import { rotationOf } from '../payload.ts';
import { checkedReference, referenceKey, type SecretReference, secretPath, stagedFolder, stagedPath } from '../reference.ts';
import { invalidReference } from '../refusal.ts';
import { firstOfOurs, numbered, numbersBefore } from './history.ts';
import { isPromoted, isSameText, keepsFieldsOf } from './same-text.ts';
import { newTier, ssmTier, type SsmTier } from './size-policy.ts';
import type { SsmCalls } from './ssm-calls.ts';
import { type OverwritingText, overwriteOnBase } from './ssm-overwrite.ts';
import { rehearseOnSsm, type WriteProbe } from './ssm-rehearsal.ts';
import type { CallOptions, ClosableSecretStore, ReadAnswer, ReadManyOptions, StagedSlot } from './store.ts';

export interface SsmRules {
  /** The largest tier that may be used. Default `Standard`: free, 4 KB. `Advanced`: 8 KB, $0.05 a month each. */
  readonly largestTier?: SsmTier;
  /** Paces the tries of a write that was not answered. */
  readonly clock?: Clock;
  /** What is known of the backend; shared by the stores of one deployment. Default: its own. */
  readonly probe?: WriteProbe;
}

const BATCH_SIZE = 10;

/** Payloads as SecureString parameters. Versions are SSM's numbers as text. */
export function ssmStoreOn(calls: SsmCalls, { largestTier = 'Standard', clock = systemClock, probe = { isHeeded: true } }: SsmRules = {}): ClosableSecretStore {
  const overwrite = (reference: SecretReference, base: string, text: OverwritingText, options: CallOptions) =>
    overwriteOnBase({ calls, clock, name: currentName(reference), largestTier, base, text, options });

  return {
    batchSize: BATCH_SIZE,
    async read(reference, options) {
      return calls.get(currentName(reference), options);
    },
    async readVersion(reference, version, options) {
      return firstOfOurs(numbered(version), (number) => calls.getVersion(currentName(reference), number, options));
    },
    async readBefore(reference, version, options) {
      return firstOfOurs(numbersBefore(version), (number) => calls.getVersion(currentName(reference), number, options));
    },
    readMany: (references, options) => readMany(calls, references, options),

    async create(reference, text, tags, options) {
      const name = currentName(reference);
      const version =
        (await calls.create(name, { text, tier: newTier(text, largestTier), tags }, options)) ?? (await versionOfSame(calls, name, text, options));
      if (version === null) throw new RcmError('secret_exists', 'There is another secret under this name already; it was left as it is.');
      return { reference, version };
    },
    async replace(reference, text, base, options = {}) {
      ssmTier(text, largestTier);
      const isOurs = (stored: Secret<string>): boolean => isSameText(stored, text);
      // What the caller has read of the base is known by its number alone.
      return overwrite(reference, base, { get: () => text, isDone: isOurs, isOurs, isBase: () => true }, options);
    },

    async stage(slot, text, options) {
      const version = await calls.create(stagedName(slot), { text, tier: newTier(text, largestTier), tags: slot.tags }, options);
      if (version !== null) return { text, adopted: false };
      const staged = await calls.get(stagedName(slot), options);
      if (staged === null) throw new RcmError('store_conflict', 'The staged copy was removed while it was being adopted.');
      return { text: staged.text, adopted: true };
    },
    async readStaged(slot, options) {
      return calls.get(stagedName(slot), options);
    },
    async listStaged(current, options) {
      currentName(current);
      return calls.list(`/${stagedFolder(current)}`, options);
    },
    rehearse: (slot, base, options = {}) =>
      rehearseOnSsm({ calls, probe, names: { current: currentName(slot.current), staged: stagedName(slot) }, largestTier, base, options }),
    async promote(slot, base, options = {}) {
      currentName(slot.current);
      const staged = await calls.get(stagedName(slot), options);
      return overwrite(slot.current, base, stagedText(slot, staged?.text ?? null), options);
    },
    async discard(slot, options) {
      const name = stagedName(slot);
      await options?.beforeWrite?.('discard');
      await calls.remove(name, options);
    },
    close: () => calls.close(),
  };
}

function currentName(reference: SecretReference): string {
  if (reference.store !== 'ssm') throw invalidReference('other_store');
  return `/${secretPath(checkedReference(reference))}`;
}

function stagedName({ current, attemptId }: StagedSlot): string {
  currentName(current);
  return `/${stagedPath(current, attemptId)}`;
}

/** A name that is taken may be taken by ourselves: the answer was lost and the SDK asked again, or a crash came before it was noted. */
async function versionOfSame(calls: SsmCalls, name: string, text: Secret<string>, options?: CallOptions): Promise<string | null> {
  const found = await calls.get(name, options);
  return found && isSameText(found.text, text) ? found.version : null;
}

function stagedText({ attemptId }: StagedSlot, staged: Secret<string> | null): OverwritingText {
  return {
    get() {
      if (staged === null) throw new RcmError('secret_missing', 'There is no staged copy to promote.', { details: { attemptId } });
      return staged;
    },
    isDone: (stored) => isPromoted(stored, attemptId, staged),
    isOurs: (stored) => (staged === null ? rotationOf(stored).attemptId === attemptId : isSameText(stored, staged)),
    isBase: (stored) => staged === null || keepsFieldsOf(staged, stored),
  };
}

async function readMany(calls: SsmCalls, references: readonly SecretReference[], options: ReadManyOptions = {}): Promise<ReadonlyMap<string, ReadAnswer>> {
  const batches = Array.from({ length: Math.ceil(references.length / BATCH_SIZE) }, (_, i) => references.slice(i * BATCH_SIZE, (i + 1) * BATCH_SIZE));
  const answers = await Promise.all(batches.map((batch) => readBatch(calls, batch, options)));
  return new Map(answers.flat());
}

type Answered = readonly (readonly [key: string, answer: ReadAnswer])[];

/** One name that may not be read fails a whole call: halves are asked until it is found, one at a time, for they share the quota with every tenant. */
async function readBatch(calls: SsmCalls, references: readonly SecretReference[], options: ReadManyOptions): Promise<Answered> {
  try {
    const found = await calls.getMany([...new Set(references.map(currentName))], options);
    return references.map((reference) => [referenceKey(reference), found.get(currentName(reference)) ?? null]);
  } catch (error) {
    const [first, ...others] = references;
    if (!first || !hasCode(error, 'store_denied')) throw error;
    if (others.length === 0) return [[referenceKey(first), error]];
    const middle = Math.ceil(references.length / 2);
    const answers: Answered[] = [];
    for (const half of [references.slice(0, middle), references.slice(middle)]) {
      options.onFurtherCall?.();
      answers.push(await readBatch(calls, half, options));
    }
    return answers.flat();
  }
}
