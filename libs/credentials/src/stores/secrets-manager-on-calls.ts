import { randomUUID } from 'node:crypto';
import { RcmError, type Secret } from '@rcm/telemetry';
import { type SecretReference, stagedPath } from '../reference.ts';
import { readEach } from './read-each.ts';
import { mustKeepFields, stagedAsGiven, unlessMoved } from './rehearsal.ts';
import { isPromoted, isSameText } from './same-text.ts';
import type { SecretsManagerCalls, SecretVersion } from './secrets-manager-calls.ts';
import { CURRENT, PENDING, PREVIOUS, REPLACING, KEPT, keptLabel, versionBefore, leaveRoomToPromote, hasRoomToPromote } from './secrets-manager-labels.ts';
import { secretName, secretId, hasNoArn, withArn } from './secrets-manager-names.ts';
import { keepReplica } from './secrets-manager-replica.ts';
import { checkSecretsManagerSize } from './size-policy.ts';
import type { CallOptions, ClosableSecretStore, StagedSlot, StoredSecret } from './store.ts';
import { findWrittenOver } from './written-over.ts';

export interface SecretsManagerRules {
  /** The id of a version that `replace` writes: 32 to 64 characters of a UUID. Default: a random UUID. */
  readonly newVersionId?: () => string;
}

/**
 * Payloads as secrets; a staged one is a version of the same secret, with the attempt id as its version id. Versions are VersionIds.
 *
 * `rehearse` proves: the copy can be decrypted and is as given; AWSCURRENT is at `base`; size and label limit leave room; IAM lets
 * this caller move AWSCURRENT. The last by asking to move it from the staged version, where it is not, to that same version:
 * the operation is authorised and then fails ("If the label is attached and … the version ID does not match, then the operation
 * fails", UpdateSecretVersionStage), and where another process has promoted meanwhile it moves nothing. Not proven: that it stays so until `promote`.
 */
export function secretsManagerStoreOn(calls: SecretsManagerCalls, { newVersionId = randomUUID }: SecretsManagerRules = {}): ClosableSecretStore {
  const current = (reference: SecretReference, options?: CallOptions) => calls.get(secretId(reference), { stage: CURRENT }, options);

  return {
    batchSize: 1,
    async read(reference, options) {
      const found = await current(reference, options);
      return found && hasNoArn(reference) ? { ...found, reference: withArn(reference, found.arn) } : found;
    },
    async readVersion(reference, version, options) {
      return VERSION_ID.test(version) ? calls.get(secretId(reference), { id: version }, options) : null;
    },
    async readBefore(reference, version, options) {
      const id = secretId(reference);
      const before = versionBefore(version, await calls.listVersions(id, options));
      return before === null ? null : calls.get(id, { id: before }, options);
    },
    // There is no batch read that names AWSCURRENT.
    readMany: (references, options) => readEach(references, async (reference) => current(reference, options)),

    async create(reference, text, tags, options) {
      const name = secretName(reference);
      checkSecretsManagerSize(text);
      const created = (await calls.create(name, text, tags, options)) ?? (await sameAs(text, current(reference, options)));
      if (created === null) throw new RcmError('secret_exists', 'There is another secret under this name already; it was left as it is.');
      return { reference: withArn(reference, created.arn), version: created.version };
    },
    async replace(reference, text, base, options) {
      const id = secretId(reference);
      checkSecretsManagerSize(text);
      const found = await mustExist(current(reference, options));
      if (isSameText(found.text, text)) return { version: found.version };
      if (found.version !== base) throw conflict(base, found.version);
      const version = newVersionId();
      await calls.putVersion(id, version, text, [REPLACING], options);
      return makeCurrent(calls, id, base, version, options);
    },

    async stage(slot, text, options) {
      const id = secretId(slot.current);
      checkSecretsManagerSize(text);
      // AWS refuses another text under the same token; emulators overwrite it, so what is staged is looked for first.
      const staged = await readStaged(calls, slot, options);
      if (staged !== null) return { text: staged.text, adopted: true };
      await leaveRoomToPromote(calls, id, options);
      if (await calls.putVersion(id, slot.attemptId, text, [PENDING, keptLabel(slot.attemptId)], options)) return { text, adopted: false };
      return { text: (await mustExist(readStaged(calls, slot, options))).text, adopted: true };
    },
    readStaged: (slot, options) => readStaged(calls, slot, options),
    async listStaged(reference, options) {
      const stages = await calls.listStages(secretId(reference), options);
      return stages.filter((stage) => stage.startsWith(KEPT)).map((stage) => stage.slice(KEPT.length));
    },
    async rehearse(slot, base, options = {}) {
      const id = secretId(slot.current);
      const staged = stagedAsGiven(await readStaged(calls, slot, options), options);
      checkSecretsManagerSize(staged.text);
      const found = unlessMoved(await current(slot.current, options), base);
      mustKeepFields(staged, found);
      await hasRoomToPromote(calls, id, options);
      await calls.tryMoveStage(id, CURRENT, { from: slot.attemptId, to: slot.attemptId }, options);
      // Beyond the one before, Secrets Manager keeps no order of its versions.
      const overwritten = await findWrittenOver<StoredSecret>(found, async (version) =>
        version === found ? calls.get(id, { stage: PREVIOUS }, options) : null,
      );
      return { overwritten: overwritten && { text: overwritten.text, version: overwritten.version } };
    },
    async promote(slot, base, options) {
      const id = secretId(slot.current);
      const found = await mustExist(current(slot.current, options));
      if (found.version === slot.attemptId) return { version: found.version };
      const staged = await readStaged(calls, slot, options);
      if (isPromoted(found.text, slot.attemptId, staged?.text ?? null)) return { version: found.version };
      if (found.version !== base) throw conflict(base, found.version);
      mustKeepFields(await mustExist(Promise.resolve(staged)), found);
      return makeCurrent(calls, id, base, slot.attemptId, options);
    },
    async discard(slot, options) {
      const id = secretId(slot.current);
      const staged = await readStaged(calls, slot, options);
      if (staged === null) return;
      // The kept label goes last: as long as it is there, a crash in between is seen and the rest is done the next time.
      if (staged.stages.includes(PENDING)) {
        await options?.beforeWrite?.('discard');
        await calls.moveStage(id, PENDING, { from: slot.attemptId }, options);
      }
      await options?.beforeWrite?.('discard');
      await calls.moveStage(id, keptLabel(slot.attemptId), { from: slot.attemptId }, options);
    },
    keepReplica: (reference, place, options) => keepReplica(calls, secretId(reference), place, options),
    close: () => calls.close(),
  };
}

/** What AWS takes as a version id; anything else was never one, and asking would be refused. */
const VERSION_ID = /^[A-Za-z0-9-]{32,64}$/;

/** A name that is taken may be taken by ourselves: a crash came before the ARN was noted. */
async function sameAs(text: Secret<string>, read: Promise<SecretVersion | null>): Promise<SecretVersion | null> {
  const found = await read;
  return found && isSameText(found.text, text) ? found : null;
}

/** The label decides, not the version: a discarded copy keeps its version id until Secrets Manager clears it away. */
async function readStaged(calls: SecretsManagerCalls, slot: StagedSlot, options?: CallOptions): Promise<SecretVersion | null> {
  stagedPath(slot.current, slot.attemptId);
  const version = await calls.get(secretId(slot.current), { id: slot.attemptId }, options);
  return version?.stages.includes(keptLabel(slot.attemptId)) ? version : null;
}

/** Secrets Manager moves AWSCURRENT only away from the version named, so a lost race is prevented. */
async function makeCurrent(
  calls: SecretsManagerCalls,
  id: string,
  base: string,
  version: string,
  options?: CallOptions,
): Promise<{ readonly version: string }> {
  await options?.beforeWrite?.('make_current');
  if (await calls.moveStage(id, CURRENT, { from: base, to: version }, options)) return { version };
  const found = await mustExist(calls.get(id, { stage: CURRENT }, options));
  // An answer that was lost on the way: the SDK asked again and the label was there already.
  if (found.version === version) return { version };
  throw conflict(base, found.version);
}

async function mustExist<T>(read: Promise<T | null>): Promise<T> {
  const found = await read;
  if (found === null) throw new RcmError('secret_missing', 'The secret, or its staged copy, is not in Secrets Manager.');
  return found;
}

const conflict = (base: string, found: string): RcmError =>
  new RcmError('store_conflict', `The secret is not at version ${base} any more (found ${found}); current was left as it is.`, { details: { base, found } });
