import type { EndpointRow, PortalTypeRow } from '@rcm/db';
import type { Lease } from '@rcm/db/leases';
import type { LoginAttemptEnd, LoginEffect } from '@rcm/db/ledger';
import type { BreakerCause, PauseScope, RotationAttempt } from '@rcm/db/rotation';
import { Table, UndoLog } from './table.ts';

export interface Endpoint extends Omit<EndpointRow, 'portalType'> {
  /** What the row named until it followed its store, and when it did. */
  readonly followed: { readonly from: string; readonly at: Date } | null;
  readonly rotationNotBefore: Date | null;
  readonly searchWantedAt: Date | null;
  readonly searchedAt: Date | null;
  readonly searchRequests: number;
}

export interface Identity {
  readonly id: string;
  readonly keyId: string;
  readonly exclusiveWantedBy: string | null;
  readonly exclusiveWantedSince: Date | null;
  readonly exclusiveWantedUntil: Date | null;
  readonly exclusiveCoolDownUntil: Date | null;
  readonly lastTotpStep: number;
}

export interface LeaseRow extends Omit<Lease, 'currentVersion' | 'secretArn'> {
  readonly orgId: string;
  readonly endpointId: string;
  readonly holder: string;
}

export interface LoginRow {
  readonly id: string;
  readonly loginIdentity: string;
  readonly orgId: string;
  readonly endpointId: string;
  readonly leaseId: string;
  readonly rotationAttemptId: string | null;
  readonly version: string;
  readonly fingerprint: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly outcome: LoginAttemptEnd['outcome'] | null;
  readonly effect: LoginEffect | null;
  readonly proved: boolean;
  readonly throttledUntil: Date | null;
  readonly coolsDownUntil: Date | null;
  /** Who held the lease, and since when it is known to have ended. */
  readonly process: string;
  readonly processEndedAt: Date | null;
  /** As the sequence `event_order`: in which order all began and ended. */
  readonly begunNo: number;
  readonly endedNo: number | null;
  /** By how much the clock of whoever began it, or ended it, was ahead of the database's; `null`: nobody said. */
  readonly askerAheadMs: number | null;
}

/** Of an attempt, by its id: by how much the clock of whoever moved it last was ahead of the database's, and its end in the order of the ledger. */
interface Mover {
  readonly id: string;
  readonly askerAheadMs: number | null;
  readonly endedNo: number | null;
}

export interface Clearance {
  readonly id: string;
  readonly loginIdentity: string;
  readonly kind: 'unlocked' | 'retry';
  readonly at: Date;
  readonly saidNo: number;
}

/** What a login was called before, and until when. */
export interface Past {
  readonly id: string;
  readonly identity: string;
  readonly former: string;
  readonly until: Date;
}

export interface Admission {
  /** The portal type's code. */
  readonly id: string;
  readonly openedAt: Date | null;
  readonly closedAt: Date | null;
  readonly probedAt: Date | null;
  readonly cause: BreakerCause | null;
  readonly canaryDay: string | null;
  readonly canaryAttemptId: string | null;
  readonly canaryState: 'running' | 'passed' | null;
}

export interface PauseRow {
  readonly id: string;
  readonly scope: PauseScope;
}

/** What a person asked of a rotator. */
export interface RequestRow {
  readonly id: string;
  readonly orgId: string;
  readonly endpointId: string;
  readonly kind: string;
  readonly chosenVersion: string | null;
}

/** What people are told; the id is what it is told once for. */
export interface NotificationRow {
  readonly id: string;
  readonly kind: string;
  readonly endpointId: string | null;
  readonly detail: string | null;
}

/** What Postgres holds of logins and rotations; a row's meaning is the schema's. */
export class Tables {
  readonly log = new UndoLog();
  readonly portalTypes = new Map<string, PortalTypeRow>();
  readonly endpoints = new Table<Endpoint>(this.log, ({ loginIdentity }) => loginIdentity);
  readonly identities = new Table<Identity>(this.log);
  readonly leases = new Table<LeaseRow>(this.log, ({ loginIdentity }) => loginIdentity);
  readonly attempts = new Table<RotationAttempt>(this.log, ({ loginIdentity }) => loginIdentity);
  readonly movers = new Table<Mover>(this.log);
  readonly logins = new Table<LoginRow>(this.log, ({ loginIdentity }) => loginIdentity);
  readonly clearances = new Table<Clearance>(this.log, ({ loginIdentity }) => loginIdentity);
  readonly pasts = new Table<Past>(this.log, ({ identity }) => identity);
  readonly requests = new Table<RequestRow>(this.log);
  readonly admissions = new Table<Admission>(this.log);
  readonly pauses = new Table<PauseRow>(this.log);
  readonly notifications = new Table<NotificationRow>(this.log);
}
