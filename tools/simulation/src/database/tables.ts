import type { EndpointRow, PortalTypeRow } from '@rcm/db';
import type { LoginAttemptEnd, LoginEffect } from '@rcm/db/ledger';
import type { BreakerCause, PauseScope, RotationAttempt } from '@rcm/db/rotation';

export interface Endpoint extends Omit<EndpointRow, 'portalType'> {
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

export interface LeaseRow {
  readonly id: string;
  readonly loginIdentity: string;
  readonly orgId: string;
  readonly endpointId: string;
  readonly kind: 'shared' | 'exclusive';
  readonly fence: bigint;
  readonly holder: string;
  readonly expiresAt: Date;
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
}

export interface Clearance {
  readonly id: string;
  readonly loginIdentity: string;
  readonly kind: 'unlocked' | 'retry';
  readonly at: Date;
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

/** What takes the last changes back, the newest first. */
class UndoLog {
  #changes: { readonly at: number; readonly undo: () => void }[] = [];
  #now = 0;

  begin(now: number, keptMs: number): void {
    this.#now = now;
    if (this.#changes.length > 512) this.#changes = this.#changes.filter(({ at }) => at >= now - keptMs);
  }

  get mark(): number {
    return this.#changes.length;
  }

  add(undo: () => void): void {
    this.#changes.push({ at: this.#now, undo });
  }

  /** Takes back what came after the mark. */
  backTo(mark: number): void {
    while (this.#changes.length > mark) this.#changes.pop()?.undo();
  }

  /** Takes back what was committed at or after the time; how many changes that were. */
  forgetSince(at: number): number {
    let forgotten = 0;
    for (let last = this.#changes.at(-1); last && last.at >= at; last = this.#changes.at(-1), forgotten += 1) {
      this.#changes.pop();
      last.undo();
    }
    return forgotten;
  }
}

/** Rows that are never changed in place, in the order in which they were first written. Lists are kept until a row changes: far more is read than written. */
class Table<V extends { readonly id: string }> {
  readonly #rows = new Map<string, V>();
  readonly #index = new Map<string, Map<string, V>>();
  readonly #lists = new Map<string, readonly V[]>();
  #all: readonly V[] | null = null;
  readonly #log: UndoLog;
  readonly #by: ((row: V) => string | null) | null;

  /** `by`: what rows are looked up by besides their id. */
  constructor(log: UndoLog, by: ((row: V) => string | null) | null = null) {
    this.#log = log;
    this.#by = by;
  }

  get(id: string): V | null {
    return this.#rows.get(id) ?? null;
  }

  all(): readonly V[] {
    return (this.#all ??= [...this.#rows.values()]);
  }

  of(key: string): readonly V[] {
    const known = this.#lists.get(key);
    if (known) return known;
    const list = [...(this.#index.get(key)?.values() ?? [])];
    this.#lists.set(key, list);
    return list;
  }

  put(row: V): V {
    const before = this.#rows.get(row.id);
    this.#log.add(() => this.#write(row.id, before));
    this.#write(row.id, row);
    return row;
  }

  change(id: string, change: Partial<V>): V {
    const before = this.#rows.get(id);
    if (!before) throw new Error('A row that is not there cannot be changed.');
    return this.put({ ...before, ...change });
  }

  remove(id: string): void {
    const before = this.#rows.get(id);
    if (!before) return;
    this.#log.add(() => this.#write(id, before));
    this.#write(id, undefined);
  }

  #write(id: string, row: V | undefined): void {
    const [was, is] = [this.#keyOf(this.#rows.get(id)), this.#keyOf(row)];
    this.#all = null;
    if (row === undefined) this.#rows.delete(id);
    else this.#rows.set(id, row);
    if (was !== null) this.#lists.delete(was);
    if (is !== null) this.#lists.delete(is);
    if (was !== null && (was !== is || row === undefined)) this.#index.get(was)?.delete(id);
    if (is === null || row === undefined) return;
    const rows = this.#index.get(is) ?? new Map<string, V>();
    this.#index.set(is, rows);
    rows.set(id, row);
  }

  #keyOf(row: V | undefined): string | null {
    return row === undefined || this.#by === null ? null : this.#by(row);
  }
}

/** What Postgres holds of logins and rotations; a row's meaning is the schema's. */
export class Tables {
  readonly log = new UndoLog();
  readonly portalTypes = new Map<string, PortalTypeRow>();
  readonly endpoints = new Table<Endpoint>(this.log, ({ loginIdentity }) => loginIdentity);
  readonly identities = new Table<Identity>(this.log);
  readonly leases = new Table<LeaseRow>(this.log, ({ loginIdentity }) => loginIdentity);
  readonly attempts = new Table<RotationAttempt>(this.log, ({ loginIdentity }) => loginIdentity);
  readonly logins = new Table<LoginRow>(this.log, ({ loginIdentity }) => loginIdentity);
  readonly clearances = new Table<Clearance>(this.log, ({ loginIdentity }) => loginIdentity);
  readonly pasts = new Table<Past>(this.log, ({ identity }) => identity);
  readonly requests = new Table<RequestRow>(this.log);
  readonly admissions = new Table<Admission>(this.log);
  readonly pauses = new Table<PauseRow>(this.log);
  readonly notifications = new Table<NotificationRow>(this.log);
}
