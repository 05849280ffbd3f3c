import type { AttemptState, LoginAttemptEnd, LoginAttemptRequest, OpenState, RotationAttempt, StepNotes } from '@rcm/db';
import type { ModelWorld } from './world.fixture.ts';

interface LedgerRow {
  readonly id: string;
  readonly version: string;
  readonly startedAt: number;
  finishedAt: number | null;
  outcome: string | null;
  effect: string | null;
  throttledUntil: number | null;
  suspectUntil: number | null;
}

interface State {
  attempts: RotationAttempt[];
  ledger: LedgerRow[];
  currentVersion: string;
  /** The one exclusive lease. */
  lease: { readonly id: string; readonly fence: bigint; expiresAt: number } | null;
  fence: bigint;
}

export interface DatabaseLimits {
  readonly budget: number;
  readonly windowMs: number;
}

type Step = { readonly attemptId: string; readonly fence: bigint; readonly from: AttemptState };
const UNCERTAIN: ReadonlySet<string> = new Set(['submitting', 'applied', 'verified']);
const FAILS: ReadonlySet<string> = new Set([
  'rejected',
  'rejected_or_locked',
  'locked',
  'throttled',
  'unavailable',
  'unknown',
  'challenged',
  'mfa_required',
  'mfa_rejected',
]);

/** Journal, ledger and leases of one login, as libs/db keeps them, each operation one transaction. */
export class ModelDatabase {
  readonly #world: ModelWorld;
  readonly #limits: DatabaseLimits;
  state: State;
  /** What other logins of the portal type make of it. */
  isStopped: () => boolean = () => false;
  /** Told when nobody may log in for a lockout window. */
  onRest: () => void = () => undefined;
  /** Told of every attempt before it is planned. */
  onPlan: (attemptId: string) => void = () => undefined;

  constructor(world: ModelWorld, limits: DatabaseLimits, version: string) {
    this.#world = world;
    this.#limits = limits;
    this.state = { attempts: [], ledger: [], currentVersion: version, lease: null, fence: 0n };
  }

  copy(): State {
    return structuredClone(this.state);
  }

  get open(): RotationAttempt | null {
    return this.state.attempts.find((attempt) => attempt.endedAt === null) ?? null;
  }

  /** What agents are told: whether a shared lease would be given now. */
  get letsAgentsIn(): boolean {
    const { open } = this;
    const at = open?.state === 'waiting' ? open.waitingFrom : open?.state;
    return !this.#leaseLives() && open?.state !== 'blocked' && !(at && UNCERTAIN.has(at));
  }

  failuresNow(): number {
    const { now } = this.#world;
    const accepted = this.state.ledger.filter((row) => row.outcome === 'accepted').at(-1);
    return this.state.ledger.filter(
      (row) =>
        row.startedAt > now - this.#limits.windowMs &&
        (row.outcome === null || FAILS.has(row.outcome)) &&
        (!accepted || (row.finishedAt ?? row.startedAt) > accepted.startedAt),
    ).length;
  }

  refusal(version: string): { readonly reason: string; readonly until: Date | null } | null {
    const { now } = this.#world;
    const rows = this.state.ledger;
    if (!this.#leaseLives()) return { reason: 'lease_lost', until: null };
    if (rows.some((row) => row.version === version && row.effect === 'version_bad')) return { reason: 'version_known_bad', until: null };
    const budget = this.budgetRefusal();
    if (budget) return budget;
    const suspect = rows.find((row) => row.version === version && (row.suspectUntil ?? 0) > now);
    return suspect ? { reason: 'suspect_pause', until: new Date(suspect.suspectUntil ?? now) } : null;
  }

  budgetRefusal(): { readonly reason: string; readonly until: Date } | null {
    const { now } = this.#world;
    const inWindow = this.state.ledger.filter((row) => row.startedAt > now - this.#limits.windowMs);
    const locked = inWindow.filter((row) => row.outcome === 'locked').at(-1);
    if (locked) return { reason: 'locked', until: new Date(locked.startedAt + this.#limits.windowMs) };
    const throttled = Math.max(0, ...this.state.ledger.map((row) => row.throttledUntil ?? 0));
    if (throttled > now) return { reason: 'throttled', until: new Date(throttled) };
    if (this.failuresNow() < this.#limits.budget) return null;
    return { reason: 'budget_spent', until: new Date((inWindow[0]?.startedAt ?? now) + this.#limits.windowMs) };
  }

  /** The operations that the rotator imports from libs/db, under their names. Each takes the database first, which is this one. */
  operations() {
    const act = <T>(effect: () => T): Promise<T> => Promise.resolve().then(() => this.#world.act(effect));
    const fromDatabase = (until: Date | null | undefined) => until ?? null;
    return {
      getEndpoint: () => act(() => null),
      recordAuditEvent: () => act(() => undefined),
      bringRotationForward: () => act(() => false),
      isPortalTypeStopped: () => act(() => this.isStopped()),
      liesElsewhere: () => act(() => null),
      acquireExclusiveLease: () => act(() => this.#grant()),
      renewLease: (_db: unknown, { ttlMs }: { ttlMs: number }) => act(() => this.#renew(ttlMs)),
      releaseLease: () => act(() => void (this.state.lease = null)),
      withdrawExclusiveWish: () => act(() => undefined),
      followStoreVersion: (_db: unknown, { to }: { to: string }) => act(() => this.open === null && ((this.state.currentVersion = to), true)),
      restLogin: (_db: unknown, rest: { version: string; forMs: number }) => act(() => this.#rest(rest.version, rest.forMs)),
      remainingBudget: () =>
        act(() => {
          const refusal = this.budgetRefusal();
          return refusal ? { failuresLeft: 0, until: refusal.until } : { failuresLeft: this.#limits.budget - this.failuresNow(), until: this.#oldestLeaves() };
        }),
      checkLoginAttempt: (_db: unknown, request: LoginAttemptRequest) => act(() => this.#answer(request)),
      beginLoginAttempt: (_db: unknown, request: LoginAttemptRequest) => act(() => this.#begin(request)),
      finishLoginAttempt: (_db: unknown, end: LoginAttemptEnd) => act(() => this.#finish(end)),
      versionStanding: (_db: unknown, known: { version: string; settleMs: number }) => act(() => this.#standing(known.version, known.settleMs)),
      getOpenAttempt: () => act(() => this.open),
      getAttempt: (_db: unknown, { attemptId }: { attemptId: string }) => act(() => this.state.attempts.find(({ id }) => id === attemptId) ?? null),
      knowsRotation: (_db: unknown, { attemptId }: { attemptId: string }) =>
        act(() => this.state.attempts.some(({ id, promotedVersion, endedAt }) => id === attemptId && (promotedVersion !== null || endedAt !== null))),
      planRotation: (_db: unknown, plan: PlanLike) => act(() => this.#plan(plan)),
      adoptAttempt: (_db: unknown, { attemptId, fence, owner }: { attemptId: string; fence: bigint; owner: string }) =>
        act(() => (this.#holds(fence) ? this.#update(attemptId, { fence, owner }) : null)),
      resumeAttempt: (_db: unknown, { attemptId }: { attemptId: string }) => act(() => this.#resume(attemptId)),
      advanceAttempt: (_db: unknown, step: Step & { to: AttemptState; set?: StepNotes }) => act(() => this.#advance(step)),
      waitAttempt: (_db: unknown, step: Step & { until?: Date; untilMs?: number; afterSubmitMs?: number; detail: string }) =>
        act(() => {
          const deadline = this.state.attempts.find(({ id }) => id === step.attemptId)?.submitDeadlineAt?.getTime() ?? 0;
          const from = step.afterSubmitMs === undefined ? this.#world.now : Math.max(deadline, this.#world.now);
          const waitingUntil = fromDatabase(step.until) ?? new Date(from + (step.untilMs ?? step.afterSubmitMs ?? 0));
          return this.#move(step, { state: 'waiting', waitingFrom: step.from as OpenState, waitingUntil, detail: step.detail });
        }),
      blockAttempt: (_db: unknown, step: Step & { detail: string }) =>
        act(() => this.#move(step, { state: 'blocked', waitingFrom: step.from as OpenState, detail: step.detail })),
      promoteAttempt: (_db: unknown, step: { attemptId: string; fence: bigint; promotedVersion: string; previousVersion: string }) =>
        act(() => {
          const { promotedVersion, previousVersion } = step;
          const moved = this.#move({ ...step, from: 'verified' }, { state: 'promoted', promotedVersion, previousVersion });
          if (moved) this.state.currentVersion = promotedVersion;
          return moved;
        }),
      finishAttempt: (_db: unknown, step: Step & { end: 'done' | 'abandoned'; detail?: string; madeCurrent?: { attemptId: string; version: string } }) =>
        act(() => {
          const detail = step.detail === undefined ? {} : { detail: step.detail };
          const moved = this.#move(step, { state: step.end, endedAt: new Date(this.#world.now), ...detail });
          if (!moved || !step.madeCurrent) return moved;
          const { attemptId, version: promotedVersion } = step.madeCurrent;
          this.#update(attemptId, { promotedVersion });
          this.state.currentVersion = promotedVersion;
          return true;
        }),
    };
  }

  #leaseLives(): boolean {
    return this.state.lease !== null && this.state.lease.expiresAt > this.#world.now;
  }

  #holds(fence: bigint): boolean {
    return this.#leaseLives() && this.state.lease?.fence === fence;
  }

  #grant() {
    if (this.#leaseLives()) return { granted: false, reason: 'exclusive_held' };
    this.state.fence += 1n;
    const fence = this.state.fence;
    this.state.lease = { id: `lease-${fence}`, fence, expiresAt: this.#world.now + LEASE_TTL_MS };
    return {
      granted: true,
      lease: {
        id: `lease-${fence}`,
        kind: 'exclusive',
        fence,
        currentVersion: this.state.currentVersion,
        secretArn: null,
        loginIdentity: 'identity',
        expiresAt: new Date(this.state.lease.expiresAt),
      },
    };
  }

  #renew(ttlMs: number): Date | null {
    if (!this.#leaseLives() || !this.state.lease) return null;
    this.state.lease.expiresAt = this.#world.now + ttlMs;
    return new Date(this.state.lease.expiresAt);
  }

  #oldestLeaves(): Date | null {
    const oldest = this.state.ledger.find((row) => row.startedAt > this.#world.now - this.#limits.windowMs && row.outcome !== 'accepted');
    return oldest ? new Date(oldest.startedAt + this.#limits.windowMs) : null;
  }

  #answer({ version }: LoginAttemptRequest) {
    const refusal = this.refusal(version);
    return refusal ? { allowed: false, ...refusal } : { allowed: true };
  }

  #begin(request: LoginAttemptRequest) {
    const refusal = this.refusal(request.version);
    if (refusal) return { allowed: false, ...refusal };
    const id = `login-${this.state.ledger.length}`;
    this.state.ledger.push({
      id,
      version: request.version,
      startedAt: this.#world.now,
      finishedAt: null,
      outcome: null,
      effect: null,
      throttledUntil: null,
      suspectUntil: null,
    });
    return { allowed: true, loginAttemptId: id };
  }

  #finish(end: LoginAttemptEnd): void {
    const row = this.state.ledger.find(({ id }) => id === end.loginAttemptId);
    if (!row || row.outcome !== null) return;
    row.finishedAt = this.#world.now;
    row.outcome = end.outcome;
    row.effect = end.effect;
    row.suspectUntil = end.suspectUntilMs === undefined ? null : this.#world.now + end.suspectUntilMs;
  }

  #rest(version: string, forMs: number): void {
    this.onRest();
    const at = this.#world.now;
    this.state.ledger.push({
      id: `rest-${at}`,
      version,
      startedAt: at,
      finishedAt: at,
      outcome: 'throttled',
      effect: 'none',
      throttledUntil: at + forMs,
      suspectUntil: null,
    });
  }

  #standing(version: string, settleMs: number) {
    const attempts = this.state.attempts;
    const fresh = attempts.some(
      (a) =>
        (a.endedAt === null && (version === `staged:${a.id}` || version === a.promotedVersion)) ||
        (a.promotedVersion === version && a.updatedAt.getTime() > this.#world.now - settleMs),
    );
    const names = [version, ...attempts.filter((a) => a.promotedVersion === version).map((a) => `staged:${a.id}`)];
    const last = this.state.ledger.filter((row) => names.includes(row.version) && (row.outcome === 'accepted' || row.effect === 'suspect')).at(-1);
    return { fresh, acceptedBefore: last?.outcome === 'accepted' };
  }

  #plan(plan: PlanLike) {
    if (this.open) return { created: false, open: this.open, refusal: null };
    if (this.state.currentVersion !== plan.baseVersion) return { created: false, open: null, refusal: null };
    this.onPlan(plan.attemptId);
    const at = new Date(this.#world.now);
    const attempt: RotationAttempt = {
      id: plan.attemptId,
      loginIdentity: 'identity',
      endpointId: plan.endpointId,
      orgId: plan.orgId,
      portalTypeCode: 'model',
      state: 'planned',
      waitingFrom: null,
      waitingUntil: null,
      fence: plan.fence,
      owner: plan.owner,
      reason: plan.reason,
      secretArn: SECRET_ARN,
      baseVersion: plan.baseVersion,
      promotedVersion: null,
      previousVersion: null,
      recipeHash: plan.recipeHash,
      journalVersion: 1,
      submitDeadlineAt: null,
      probes: 0,
      guesses: 0,
      detail: null,
      chosenVersion: null,
      createdAt: at,
      updatedAt: at,
      endedAt: null,
      copyRemovedAt: null,
    };
    this.state.attempts.push(attempt);
    return { created: true, attempt };
  }

  #update(attemptId: string, change: Partial<RotationAttempt>): RotationAttempt | null {
    const index = this.state.attempts.findIndex(({ id }) => id === attemptId);
    const before = this.state.attempts[index];
    if (!before) return null;
    const after = { ...before, ...change, updatedAt: new Date(this.#world.now) };
    this.state.attempts[index] = after;
    return after;
  }

  #move(step: Step, change: Partial<RotationAttempt>): boolean {
    const attempt = this.state.attempts.find(({ id }) => id === step.attemptId);
    if (!attempt || attempt.state !== step.from || attempt.fence !== step.fence) return false;
    return this.#update(step.attemptId, change) !== null;
  }

  #resume(attemptId: string): OpenState | null {
    const attempt = this.state.attempts.find(({ id }) => id === attemptId);
    if (attempt?.state !== 'waiting' || !attempt.waitingFrom || (attempt.waitingUntil?.getTime() ?? 0) > this.#world.now) return null;
    this.#update(attemptId, { state: attempt.waitingFrom, waitingFrom: null, waitingUntil: null });
    return attempt.waitingFrom;
  }

  #advance(step: Step & { to: AttemptState; set?: StepNotes }): boolean {
    const { submitDeadlineMs, ...notes } = step.set ?? {};
    if (submitDeadlineMs !== undefined && (!this.#holds(step.fence) || (this.state.lease?.expiresAt ?? 0) <= this.#world.now + submitDeadlineMs)) return false;
    const deadline = submitDeadlineMs === undefined ? {} : { submitDeadlineAt: new Date(this.#world.now + submitDeadlineMs) };
    return this.#move(step, { state: step.to, ...notes, ...deadline });
  }
}

interface PlanLike {
  readonly attemptId: string;
  readonly endpointId: string;
  readonly orgId: string;
  readonly fence: bigint;
  readonly owner: string;
  readonly reason: string;
  readonly baseVersion: string;
  readonly recipeHash: string;
}

export const LEASE_TTL_MS = 5_000;
export const SECRET_ARN = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/org-one/endpoints/login-one/account-one';
