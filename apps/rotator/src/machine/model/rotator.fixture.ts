import type { Database } from '@rcm/db';
import { createLogger, hasCode, Secret } from '@rcm/telemetry';
import { parsePayload, serializePayload } from '@rcm/credentials';
import { rotateLogin, type Rotator } from '../../rotate.ts';
import { LEASE_TTL_MS, ModelDatabase } from './database.fixture.ts';
import { BUDGET, SETTLE_MS, THRESHOLD, WINDOW_MS } from './endpoint.fixture.ts';
import { type ChangeAnswer, ModelPortal } from './portal.fixture.ts';
import { ModelStore } from './store.fixture.ts';
import { Crash, ModelWorld } from './world.fixture.ts';

const SUBMIT_DEADLINE_MS = 1_000;
const RETRY_MS = 100;
/** By how much the clocks of the processes are wrong, one after the other. */
const CLOCKS_OFF_MS = [-30_000, 0, 30_000];

/** What may happen to a login, in any order. */
export type Happening =
  | {
      readonly kind: 'rotate';
      readonly diesAtStep: number | null;
      readonly answers: readonly ChangeAnswer[];
      /** What a person does while the process is at this step of its own; `null`: nothing. */
      readonly meanwhile: { readonly step: number; readonly kind: 'edits the secret' | 'changes the password' } | null;
    }
  | { readonly kind: 'recovery runs'; readonly times: number; readonly everyMs: number }
  | { readonly kind: 'time passes'; readonly ms: number }
  | { readonly kind: 'a person edits the secret'; readonly note: string }
  | { readonly kind: 'a person changes the password everywhere'; readonly password: string }
  | { readonly kind: 'a person mistypes at the portal' }
  | { readonly kind: 'the store fails'; readonly calls: number }
  | { readonly kind: 'the portal is closed'; readonly ms: number }
  | { readonly kind: 'the portal says wrong password to everybody'; readonly ms: number }
  | { readonly kind: 'the portal is slow to know'; readonly isSlow: boolean }
  | { readonly kind: 'the portal asks for more'; readonly than: 'no' | 'proves' | 'proves nothing' }
  | { readonly kind: 'the database is copied' }
  | { readonly kind: 'the copy is restored' };

const text = (password: string, note: string): string =>
  serializePayload(parsePayload(new Secret(JSON.stringify({ username: 'user', password, note })))).reveal();

/** One login, its portal, store and database as models, and the product's own machine between them. */
export class ModelLogin {
  readonly world = new ModelWorld();
  readonly portal = new ModelPortal(this.world, { threshold: THRESHOLD, windowMs: WINDOW_MS, settleMs: SETTLE_MS, submitDeadlineMs: SUBMIT_DEADLINE_MS });
  readonly store = new ModelStore(this.world, text('first', 'none'));
  readonly database = new ModelDatabase(this.world, { budget: BUDGET, windowMs: WINDOW_MS }, '1');
  /** The database forgot what was done since it had been copied. */
  wasRestored = false;
  /** Promises that were broken on the way, though all may have ended well. */
  readonly broken: string[] = [];
  #copy: ReturnType<ModelDatabase['copy']> | null = null;
  #process = 0;

  constructor() {
    // Others log in all the time: three are suspect at once when it begins, and somebody gets in a while after it is over.
    this.database.isStopped = () => this.world.now < this.portal.illUntil + WINDOW_MS;
    this.portal.watch = { login: () => this.#notTooEarly(), change: () => this.#notOnAnother() };
    this.database.onRest = () => void (this.wasRestored || this.broken.push('a rest after a restore that never was'));
    this.database.onPlan = (attemptId) => this.#nothingForgotten(attemptId);
  }

  async happen(happening: Happening): Promise<void> {
    switch (happening.kind) {
      case 'rotate':
        this.portal.answers = [...happening.answers];
        this.world.atStep = { step: happening.meanwhile?.step ?? Number.POSITIVE_INFINITY, effect: () => this.#interfere(happening.meanwhile?.kind) };
        return this.rotate('demand', happening.diesAtStep ?? Number.POSITIVE_INFINITY);
      case 'recovery runs':
        for (let time = 0; time < happening.times; time += 1) {
          await this.rotate('recovery');
          this.world.now += happening.everyMs;
        }
        return;
      case 'time passes':
        this.world.now += happening.ms;
        return;
      case 'a person edits the secret':
        return this.#edit({ note: happening.note });
      case 'a person changes the password everywhere':
        // At the portal first, as a person would; nobody does it while the portal is still at work on a change.
        this.world.now += SUBMIT_DEADLINE_MS + SETTLE_MS;
        this.portal.settle();
        this.portal.setPassword(happening.password);
        // They try it before they write it down.
        this.world.now += SETTLE_MS;
        return this.#edit({ password: happening.password });
      case 'a person mistypes at the portal':
        return this.portal.mistype();
      case 'the store fails':
        this.store.failsFor = happening.calls;
        return;
      case 'the portal is closed':
        this.portal.unavailableUntil = this.world.now + happening.ms;
        return;
      case 'the portal says wrong password to everybody':
        this.portal.illUntil = this.world.now + happening.ms;
        return;
      case 'the portal is slow to know':
        this.portal.isSlowToKnow = happening.isSlow;
        return;
      case 'the portal asks for more':
        this.portal.asksForMore = happening.than;
        return;
      case 'the database is copied':
        this.#copy = this.database.copy();
        return;
      case 'the copy is restored':
        // It takes its time, and a login that was changed since has settled.
        if (!this.#copy) return;
        this.wasRestored = true;
        this.database.state = { ...structuredClone(this.#copy), lease: null, fence: this.database.state.fence };
        this.world.now += WINDOW_MS;
        this.portal.settle();
        return;
    }
  }

  /** One process, from its start until it has nothing to do, waits, or dies. */
  async rotate(reason: 'demand' | 'recovery', diesAtStep = Number.POSITIVE_INFINITY): Promise<void> {
    this.#process += 1;
    this.world.beginProcess(diesAtStep);
    try {
      await rotateLogin(this.#rotator(), { orgId: 'org-one', endpointId: 'login-one', reason, signal: new AbortController().signal });
    } catch (error) {
      if (error instanceof Crash) this.world.now += LEASE_TTL_MS;
      // What a process says when it cannot go on now: the journal goes on later.
      else if (!hasCode(error, 'store_unavailable', 'state_conflict', 'lease_lost', 'lease_unavailable')) throw error;
    }
  }

  #notTooEarly(): void {
    if (this.portal.isChanging) this.broken.push('a login while the portal may still be at work on a change');
  }

  #notOnAnother(): void {
    // Between the look at the secret and the POST somebody may always edit it.
    if (!this.world.wasInterrupted && this.database.open?.baseVersion !== this.store.version)
      this.broken.push('a change submitted on a current secret that it was not planned on');
  }

  #nothingForgotten(attemptId: string): void {
    const known = this.database.state.attempts.map(({ id }) => id);
    const forgotten = this.store.stagedIds.filter((id) => !known.includes(id));
    if (forgotten.length > 0 && !forgotten.includes(attemptId))
      this.broken.push('a new password while the journal does not know one that may have been submitted');
  }

  /** A person does not wait for the process; only a change that the portal is at work on would keep them from changing it. */
  #interfere(kind: 'edits the secret' | 'changes the password' | undefined): void {
    if (kind !== 'changes the password') return this.#edit({ note: 'in the middle' });
    if (this.portal.isChanging) return;
    const password = `by hand ${this.portal.changes}`;
    this.portal.setPassword(password, 'everywhere');
    this.#edit({ password });
  }

  #edit(change: object): void {
    const payload = parsePayload(new Secret(this.store.current)).reveal();
    this.store.write(serializePayload(new Secret({ ...payload, ...change })).reveal());
  }

  #rotator(): Rotator {
    return {
      db: this.database as unknown as Database,
      // Machines disagree about the time; only Postgres's counts.
      clock: {
        now: () => new Date(this.world.now + (CLOCKS_OFF_MS[this.#process % CLOCKS_OFF_MS.length] ?? 0)),
        sleep: async (ms) => void (this.world.now += ms),
      },
      logger: createLogger({ name: 'model', level: 'silent' as 'error' }),
      drivers: { for: () => this.portal.driver() },
      stores: { forTenant: () => this.store.asStore(), close: async () => undefined },
      environment: 'test',
      lease: { ttlMs: LEASE_TTL_MS, waitMs: LEASE_TTL_MS * 2, pollMs: 500 },
      rules: { canary: false, probeMs: 0, lastingMs: 0 },
      breaker: { windowMs: WINDOW_MS, suspects: 3, failures: 3 },
      owner: `process-${this.#process}`,
      timing: { loginDeadlineMs: 1_000, totpWaitMs: 1_000, submitDeadlineMs: SUBMIT_DEADLINE_MS, retryMs: RETRY_MS, maxTries: 3, abandonedPauseMs: 1_000 },
    };
  }
}

export { BUDGET, WINDOW_MS };
