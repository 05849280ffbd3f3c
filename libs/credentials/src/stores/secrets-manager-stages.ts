import { RcmError } from '@rcm/telemetry';
import { stagedPath } from '../reference.ts';
import { firstOfOurs } from './history.ts';
import { mustKeepFields, stagedAsGiven, unlessMoved } from './rehearsal.ts';
import { isPromoted } from './same-text.ts';
import type { SecretsManagerCalls, SecretVersion } from './secrets-manager-calls.ts';
import { conflict, makeCurrent, mustExist, readCurrent } from './secrets-manager-current.ts';
import { CURRENT, hasRoomToPromote, KEPT, keptLabel, leaveRoomToPromote, PENDING, PREVIOUS } from './secrets-manager-labels.ts';
import { secretId } from './secrets-manager-names.ts';
import { checkSecretsManagerSize } from './size-policy.ts';
import type { CallOptions, SecretStages, StagedSlot, StoredSecret } from './store.ts';
import { findWrittenOver } from './written-over.ts';

/**
 * A staged payload is a version of the same secret, with the attempt id as its version id and a label that keeps it.
 *
 * `rehearse` proves: the copy can be decrypted and is as given; AWSCURRENT is at `base`; size and label limit leave room; IAM lets
 * this caller move AWSCURRENT. The last by asking to move it from the staged version, where it is not, to that same version:
 * the operation is authorised and then fails ("If the label is attached and … the version ID does not match, then the operation
 * fails", UpdateSecretVersionStage), and where another process has promoted meanwhile it moves nothing. Not proven: that it stays so until `promote`.
 */
export function secretsManagerStages(calls: SecretsManagerCalls): SecretStages {
  return {
    async stage(slot, text, options) {
      const id = secretId(slot.current);
      checkSecretsManagerSize(text);
      // AWS refuses another text under the same token; emulators overwrite it, so what is staged is looked for first.
      const known = await readVersion(calls, slot, options);
      if (known !== null && isStaged(known, slot)) return { text: known.text, adopted: true };
      await leaveRoomToPromote(calls, id, options);
      if (known !== null) return labelAgain(calls, slot, known, options);
      if (await calls.putVersion(id, { version: slot.attemptId, text, stages: [PENDING, keptLabel(slot.attemptId)] }, options)) return { text, adopted: false };
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
      const found = unlessMoved(await readCurrent(calls, slot.current, options), base);
      mustKeepFields(staged, found);
      await hasRoomToPromote(calls, id, options);
      await calls.tryMoveStage(id, CURRENT, { from: slot.attemptId, to: slot.attemptId }, options);
      // Beyond the one before, Secrets Manager keeps no order of its versions.
      const overwritten = await findWrittenOver<StoredSecret>(found, async (version) =>
        version === found ? firstOfOurs([PREVIOUS], (stage) => calls.get(id, { stage }, options)) : null,
      );
      return { overwritten: overwritten && { text: overwritten.text, version: overwritten.version } };
    },
    async promote(slot, base, options) {
      const id = secretId(slot.current);
      const found = await mustExist(readCurrent(calls, slot.current, options));
      if (found.version === slot.attemptId) return { version: found.version };
      const staged = await readStaged(calls, slot, options);
      if (isPromoted(found.text, slot.attemptId, staged?.text ?? null)) return { version: found.version };
      if (found.version !== base) throw conflict(base, found.version);
      mustKeepFields(await mustExist(Promise.resolve(staged)), found);
      return makeCurrent(calls, id, { from: base, to: slot.attemptId }, options);
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
  };
}

/** Whatever its labels. */
async function readVersion(calls: SecretsManagerCalls, slot: StagedSlot, options?: CallOptions): Promise<SecretVersion | null> {
  stagedPath(slot.current, slot.attemptId);
  return calls.get(secretId(slot.current), { id: slot.attemptId }, options);
}

/** The label decides, not the version: a discarded copy keeps its version id until Secrets Manager clears it away. */
const isStaged = ({ stages }: SecretVersion, { attemptId }: StagedSlot): boolean => stages.includes(keptLabel(attemptId));

async function readStaged(calls: SecretsManagerCalls, slot: StagedSlot, options?: CallOptions): Promise<SecretVersion | null> {
  const version = await readVersion(calls, slot, options);
  return version !== null && isStaged(version, slot) ? version : null;
}

/**
 * The version is there without its label: it was discarded, or somebody took the label away. "If a version with this value already exists … the request is ignored"
 * (PutSecretValue), labels and all, and then nothing would be staged.
 */
async function labelAgain(calls: SecretsManagerCalls, slot: StagedSlot, { text }: SecretVersion, options?: CallOptions): ReturnType<SecretStages['stage']> {
  if (await calls.moveStage(secretId(slot.current), keptLabel(slot.attemptId), { to: slot.attemptId }, options)) return { text, adopted: true };
  throw new RcmError('store_conflict', 'Another version has the label of the staged copy: take it away from there. Nothing was staged.');
}
