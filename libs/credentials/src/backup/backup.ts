import type { Secret } from '@rcm/telemetry';

/** Whose backup a file is, and of when. */
export interface BackupHead {
  readonly environment: string;
  readonly orgId: string;
  readonly takenAt: Date;
}

/** A payload that an attempt had staged. */
export interface BackedUpCopy {
  readonly attemptId: string;
  readonly text: Secret<string>;
}

/** One login as its store held it at one moment. */
export interface BackedUpLogin {
  readonly endpointId: string;
  readonly portalTypeCode: string;
  /** As `formatReference` writes it. */
  readonly reference: string;
  readonly version: string;
  /** The payload, byte for byte. */
  readonly text: Secret<string>;
  /** Whatever of it lay staged beside it, the newest first: while a rotation is open, one of these may be what the portal accepts. */
  readonly staged: readonly BackedUpCopy[];
}

/**
 * Who made a file: `ours` has the mark of an identity key that is known here. Whoever knows a recipient can seal a file to it, so a file
 * without the mark (`unknown`) says nothing of who wrote it.
 */
export type BackupOrigin = 'ours' | 'unknown';

export interface BackupEnd {
  readonly logins: number;
  readonly origin: BackupOrigin;
}
