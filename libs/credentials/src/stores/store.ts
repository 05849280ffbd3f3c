import type { RcmError, Secret } from '@rcm/telemetry';
import type { SecretReference } from '../reference.ts';

/** A payload as a store holds it. `text` is the JSON of `payload.ts`; `version` is opaque and changes whenever the payload does. */
export interface StoredSecret {
  readonly text: Secret<string>;
  readonly version: string;
  /** From `read`, where the asked reference had no ARN yet: the whole one, for whoever adopts a secret that is there already. */
  readonly reference?: SecretReference;
  /** Read from a second region because the first is down. `version` is the first one's: whether it is current is for the caller to know. */
  readonly from?: 'replica';
}

/**
 * A call that cannot be taken back. `make_current`: a payload becomes current. `put_back`: after a lost race, what was overwritten
 * becomes current again. `discard`: a staged copy goes.
 */
export type FinalAct = 'make_current' | 'put_back' | 'discard';

export interface CallOptions {
  /** Aborts the call. Every call has a deadline of its own besides (default 10 s, retries included). */
  readonly signal?: AbortSignal;
  /**
   * Awaited right before every single call that cannot be taken back, and again before each further try: whether the caller still
   * holds what entitles it to the act, say. What it throws ends the operation before that call and is passed on unchanged. A
   * `put_back` mends what this very caller has overwritten; where it is refused, the overwritten payload stays in the store's
   * history and the next `promote` of the attempt, or `rehearse`, finds it.
   */
  readonly beforeWrite?: (act: FinalAct) => void | Promise<void>;
}

export interface RehearseOptions extends CallOptions {
  /** What `stage` gave back; the copy must then be the same, byte for byte. */
  readonly text?: Secret<string>;
}

export interface Rehearsal {
  /**
   * An earlier payload that somebody wrote over without having read it, and that nothing later goes on from: what a writer left
   * that died in the middle of a lost race, or a person who saved what had been opened before a rotation. Whoever went back to an
   * older text on purpose looks the same, so it is for people to judge. `null`: none among the latest versions.
   */
  readonly overwritten: StoredSecret | null;
}

export interface ReadManyOptions extends CallOptions {
  /** Told of each call that a refused batch costs beyond its first, for whoever keeps to a quota. */
  readonly onFurtherCall?: () => void;
}

/** What a secret is labelled with at creation; a tenant's policies match on them. */
export interface SecretTags {
  readonly TenantId: string;
  readonly Environment: string;
  readonly PortalType: string;
}

/** One answer of `readMany`: the secret, `null` where it is missing, or why this one alone could not be read. */
export type ReadAnswer = StoredSecret | null | RcmError;

/**
 * Reads current payloads. Errors: `store_denied`, `store_throttled`, `store_unavailable`, `deadline_exceeded`.
 * A missing secret is `null`.
 */
export interface SecretReader {
  read(reference: SecretReference, options?: CallOptions): Promise<StoredSecret | null>;
  /**
   * References of ONE tenant in as few calls as the store allows, keyed by `referenceKey`. A batch refused as denied is split
   * until the refused ones are found; only they are answered with the error (`store_denied`), and so is a secret that is no text
   * of ours (`payload_invalid`). Any other failure fails the whole.
   */
  readMany(references: readonly SecretReference[], options?: ReadManyOptions): Promise<ReadonlyMap<string, ReadAnswer>>;
  /** How many references one call carries: 10 for SSM, 1 where a store has no batch. */
  readonly batchSize: number;
}

/**
 * Writes current payloads. `create` never overwrites: where the name holds another text it fails with `secret_exists`.
 * `replace` fails with `store_conflict` where the current version is not `base` (prevented, or detected and put right), and with
 * `secret_missing`. Both may be repeated and end the same, and fail with `payload_too_large` before any call.
 */
export interface SecretWriter {
  create(
    reference: SecretReference,
    text: Secret<string>,
    tags: SecretTags,
    options?: CallOptions,
  ): Promise<{ readonly reference: SecretReference; readonly version: string }>;
  replace(reference: SecretReference, text: Secret<string>, base: string, options?: CallOptions): Promise<{ readonly version: string }>;
}

/** Where one rotation attempt keeps its new payload until it becomes current. */
export interface StagedSlot {
  readonly current: SecretReference;
  /** UUID of the rotation attempt; also the idempotency token. */
  readonly attemptId: string;
  readonly tags: SecretTags;
}

/**
 * Staged, then promoted. Every step may be repeated with the same slot and ends the same; each survives a crash before and after it.
 * The payload's `metadata.rotation_attempt_id` is the slot's attempt id (the caller puts it there before `stage`).
 */
export interface SecretStages {
  /** Create-only: what is already staged under this attempt is returned unchanged with `adopted: true`. */
  stage(slot: StagedSlot, text: Secret<string>, options?: CallOptions): Promise<{ readonly text: Secret<string>; readonly adopted: boolean }>;
  readStaged(slot: StagedSlot, options?: CallOptions): Promise<StoredSecret | null>;
  /** Attempt ids of all staged copies of this secret, whoever left them; the newest first where the store tells their age. */
  listStaged(current: SecretReference, options?: CallOptions): Promise<readonly string[]>;
  /**
   * What can be known before the portal is touched: proves, as far as the store allows and without a change that anybody can see,
   * that `promote` would be able to write now. The copy can be read back, current is at `base` and has no field that the copy would undo,
   * the size fits, and the store lets this caller write current. Each store says at its own function what it proves and what it
   * cannot. Fails with `secret_missing`, `store_conflict`, `store_denied`, `payload_too_large`, `store_*`.
   */
  rehearse(slot: StagedSlot, base: string, options?: RehearseOptions): Promise<Rehearsal>;
  /**
   * Makes the staged payload current. Reads current first: where it has the slot's attempt id and the staged password (or just the
   * id, where the copy is gone), nothing is written and its version is returned, also where a person has edited other fields
   * since. Fails with `store_conflict` where current is neither that nor `base`, where `base` has a field that the copy would
   * undo, or where somebody else's payload was overwritten and had to be put back; with `secret_missing` where nothing is staged
   * or current is gone. Deletes nothing: the staged copy stays readable until `discard`.
   */
  promote(slot: StagedSlot, base: string, options?: CallOptions): Promise<{ readonly version: string }>;
  /** Removes the staged copy; a missing one is fine. Current is never touched. */
  discard(slot: StagedSlot, options?: CallOptions): Promise<void>;
}

/**
 * Looks back, for the rotator alone: an agent's policy allows the current version and no other. A version that holds no text of ours, as a person may have saved
 * by hand, is as one that is not there; `readBefore` steps over it.
 */
interface SecretHistory {
  /** The payload that was current as `version`; `null` where the store keeps it no more. Errors as `SecretReader`. */
  readVersion(reference: SecretReference, version: string, options?: CallOptions): Promise<StoredSecret | null>;
  /**
   * The payload that was current before `version` was. `null`: there is none, or the store does not know which. Secrets Manager knows it of the current
   * version alone (AWSPREVIOUS); of what is older it tells when it was written, and clears it away after a day at the earliest. Errors as `SecretReader`.
   */
  readBefore(reference: SecretReference, version: string, options?: CallOptions): Promise<StoredSecret | null>;
}

/** A region that the store's own service is to keep a copy in, and the customer key there that encrypts it. */
export interface ReplicaPlace {
  readonly region: string;
  /** ARN, id or alias, as that region knows it. */
  readonly kmsKeyId: string;
}

/** `in_sync`: the copy holds what the secret holds. `under_way`: the service is at it, told to just now or following a change. */
export type ReplicaState = 'in_sync' | 'under_way';

export interface ReplicaOptions extends Omit<CallOptions, 'beforeWrite'> {
  /** Awaited before the service is told to make a copy, and not where it has one. What it throws ends the act. */
  readonly beforeAsking?: (() => Promise<void>) | undefined;
}

/** Of a store whose service keeps copies by itself once it is told to: Secrets Manager's. */
export interface SecretReplicas {
  /**
   * Sees to it that the secret has a copy there; says how far it is, and `null` where the secret is gone. It may be repeated by anybody. A copy that the service has
   * given up is asked for once more and fails with `store_unavailable` all the same. Never overwrites another secret that has its name there. Errors besides: as a write's.
   */
  keepReplica(reference: SecretReference, place: ReplicaPlace, options?: ReplicaOptions): Promise<ReplicaState | null>;
}

export interface SecretStore extends SecretReader, SecretHistory, SecretWriter, SecretStages, Partial<SecretReplicas> {}

/** A store that holds connections of its own. */
export interface ClosableSecretStore extends SecretStore {
  close(): void;
}
