import type { Secret } from '@rcm/telemetry';
import type { SecretReference } from '../reference.ts';

/** A payload as a store holds it. `text` is the JSON of `payload.ts`; `version` is opaque and changes whenever the payload does. */
export interface StoredSecret {
  readonly text: Secret<string>;
  readonly version: string;
}

export interface CallOptions {
  /** Aborts the call. Every call has a deadline of its own besides (default 10 s, retries included). */
  readonly signal?: AbortSignal;
}

/** What a secret is labelled with at creation; a tenant's policies match on them. */
export interface SecretTags {
  readonly TenantId: string;
  readonly Environment: string;
  readonly PortalType: string;
}

/**
 * Reads current payloads. Errors: `store_denied`, `store_throttled`, `store_unavailable`, `deadline_exceeded`.
 * A missing secret is `null` (one entry of the map for `readMany`).
 */
export interface SecretReader {
  read(reference: SecretReference, options?: CallOptions): Promise<StoredSecret | null>;
  /** Up to `batchSize` references of ONE tenant in as few calls as the store allows; a batch refused as denied is split. */
  readMany(references: readonly SecretReference[], options?: CallOptions): Promise<ReadonlyMap<string, StoredSecret | null>>;
  /** How many references one call carries: 10 for SSM, 1 where a store has no batch. */
  readonly batchSize: number;
}

/** Writes current payloads. `create` fails with `secret_exists`; `replace` fails with `store_conflict` where the current version is not `base` (prevented, or detected and reconciled). */
export interface SecretWriter {
  create(reference: SecretReference, text: Secret<string>, tags: SecretTags, options?: CallOptions): Promise<{ readonly reference: SecretReference; readonly version: string }>;
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
  /**
   * Makes the staged payload current. Reads current first: where its attempt id is already this slot's, nothing is written.
   * Fails with `store_conflict` where current is neither that nor `base`. Deletes nothing.
   */
  promote(slot: StagedSlot, base: string, options?: CallOptions): Promise<{ readonly version: string }>;
  /** Removes the staged copy; a missing one is fine. Current is never touched. */
  discard(slot: StagedSlot, options?: CallOptions): Promise<void>;
}

export interface SecretStore extends SecretReader, SecretWriter, SecretStages {}
