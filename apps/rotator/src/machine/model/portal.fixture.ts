import type { ChangeOutcome, LoginOutcome, PortalDriver, PortalSession } from '@rcm/portal-drivers';
import type { ModelWorld } from './world.fixture.ts';

/**
 * How the portal answers one change. `late`: an error at once, made within settle. `slow`: made past the submit deadline. `twice`: made, and
 * answered as if it had come again: the old password is wrong now. `reused`: the same at a portal that looks at its history first.
 * `long after`: an error, and it is made when nobody expects it any more; until then the portal makes no other change.
 */
export type ChangeAnswer = 'answered' | 'error' | 'dropped' | 'not made' | 'late' | 'slow' | 'not sent' | 'twice' | 'reused' | 'long after';

export interface PortalLimits {
  readonly threshold: number;
  readonly windowMs: number;
  readonly settleMs: number;
  readonly submitDeadlineMs: number;
}

/** A payer portal with one account. */
export class ModelPortal {
  readonly #world: ModelWorld;
  readonly #limits: PortalLimits;
  password = 'first';
  answers: ChangeAnswer[] = [];
  /** Until then every login reads "wrong password", and none is counted: maintenance. */
  illUntil = 0;
  unavailableUntil = 0;
  /** After a right password it asks for what nobody has; `proves`: and its recipe says that only a right one is asked. */
  asksForMore: 'no' | 'proves' | 'proves nothing' = 'no';
  /** Told of every login and change, before the portal decides. */
  watch: { login(): void; change(): void } = { login: () => undefined, change: () => undefined };
  /** Whether a new password takes half of settle until it works everywhere. */
  isSlowToKnow = false;
  #knownFrom = 0;
  #failures: { readonly at: number; readonly ours: boolean }[] = [];
  #pending: { readonly at: number; readonly from: string; readonly to: string } | null = null;
  /** A change was made long after its settle was over. */
  wasLongAfter = false;
  /** Ours alone. */
  mostFailures = 0;
  lockouts = 0;
  changes = 0;

  constructor(world: ModelWorld, limits: PortalLimits) {
    this.#world = world;
    this.#limits = limits;
  }

  /** What it will accept once everything has settled. */
  get ends(): string {
    this.settle();
    return this.#pending && this.#pending.from === this.password ? this.#pending.to : this.password;
  }

  /** A change is still on its way, so nobody should ask which password holds. */
  get isChanging(): boolean {
    this.settle();
    return this.#pending !== null && this.#pending.from === this.password && !this.wasLongAfter;
  }

  settle(): void {
    const pending = this.#pending;
    if (!pending || pending.at > this.#world.now) return;
    this.#pending = null;
    if (pending.from === this.password) this.setPassword(pending.to, pending.at);
  }

  /** `at`: when the portal made the change, which may be before anybody looks; `everywhere`: whoever made it waited until it was known. */
  setPassword(password: string, at: number | 'everywhere' = this.#world.now): void {
    this.password = password;
    this.changes += 1;
    this.#knownFrom = this.isSlowToKnow && at !== 'everywhere' ? at + this.#limits.settleMs / 2 : 0;
  }

  failuresNow(): number {
    this.#failures = this.#failures.filter(({ at }) => at > this.#world.now - this.#limits.windowMs);
    return this.#failures.length;
  }

  logIn(password: string): LoginOutcome {
    this.settle();
    this.watch.login();
    const { now } = this.#world;
    if (now < this.unavailableUntil) return { kind: 'unavailable', detail: 'closed' };
    if (now < this.illUntil) return { kind: 'rejected' };
    if (this.failuresNow() >= this.#limits.threshold) return { kind: 'locked' };
    if (password === this.password && now >= this.#knownFrom) {
      if (this.asksForMore !== 'no') return { kind: 'change_forced', ...(this.asksForMore === 'proves' ? { provesPassword: true } : {}) };
      this.#failures = [];
      return { kind: 'accepted' };
    }
    this.#fail({ ours: true });
    if (this.failuresNow() >= this.#limits.threshold) this.lockouts += 1;
    return { kind: 'rejected' };
  }

  /** A person at the portal types a wrong password, of which nobody here knows; at most once in a window, as the margin allows. */
  mistype(): void {
    this.failuresNow();
    if (this.#failures.every(({ ours }) => ours)) this.#fail({ ours: false });
  }

  #fail(failure: { readonly ours: boolean }): void {
    this.failuresNow();
    this.#failures.push({ at: this.#world.now, ...failure });
    this.mostFailures = Math.max(this.mostFailures, this.#failures.filter(({ ours }) => ours).length);
  }

  change(current: string, next: string): ChangeOutcome {
    this.settle();
    this.watch.change();
    const answer = this.answers.shift() ?? 'answered';
    if (answer === 'not sent') return { kind: 'unknown', detail: 'the page went away', submitted: false };
    if (current !== this.password) return { kind: 'refused', rule: 'current_wrong', submitted: true };
    const unknown: ChangeOutcome = { kind: 'unknown', detail: answer, submitted: true };
    if (this.wasLongAfter && this.#pending) return unknown;
    switch (answer) {
      case 'not made':
        return unknown;
      case 'late':
        this.#pending = { at: this.#world.now + this.#limits.settleMs * 0.9, from: current, to: next };
        return unknown;
      case 'long after':
        this.wasLongAfter = true;
        this.#pending = { at: this.#world.now + this.#limits.windowMs * 2, from: current, to: next };
        return unknown;
      case 'slow':
        this.#pending = { at: this.#world.now + this.#limits.submitDeadlineMs + this.#limits.settleMs * 0.8, from: current, to: next };
        this.#world.now += this.#limits.submitDeadlineMs;
        return unknown;
      case 'twice':
      case 'reused':
        this.setPassword(next);
        return { kind: 'refused', rule: answer === 'twice' ? 'current_wrong' : 'reused', submitted: true };
      default:
        this.setPassword(next);
        return answer === 'answered' ? { kind: 'applied', submitted: true } : unknown;
    }
  }

  driver(): PortalDriver {
    return { hash: 'recipe-1', openSession: async () => this.#session() };
  }

  #session(): PortalSession {
    const unused = () => Promise.reject(new Error('the rotator does no task'));
    return {
      login: async (options) => {
        await options.beforeSubmit();
        return { submitted: true, outcome: this.#world.act(() => this.logIn(options.credential.password.reveal())) };
      },
      changePassword: async (options) => {
        await options.beforeSubmit();
        return this.#world.act(() => this.change(options.credential.password.reveal(), options.newPassword.reveal()));
      },
      runTask: unused,
      isLoggedIn: unused,
      close: async () => undefined,
    };
  }
}
