import type { ChangeOutcome, LoginResult, PortalDriver, PortalSession } from '@rcm/portal-drivers';
import { hasCode, RcmError, withDeadline } from '@rcm/telemetry';
import type { Outside } from '../time/outside.ts';
import type { Scheduler } from '../time/scheduler.ts';
import { currentProcess } from '../time/sim-process.ts';
import { changeOutcome, changeTold, loginOutcome } from './outcomes.ts';
import type { Portal } from './portal.ts';
import type { Told, Visitor } from './visit.ts';

export interface DriverOptions {
  readonly outside: Outside;
  readonly scheduler: Scheduler;
  /** The sign-in behind each host. */
  readonly portalAt: (baseUrl: string) => Portal;
  /** What the recipe's hash would be. */
  readonly hash: string;
  /** The recipe says that what the portal asks for after a right password proves it. */
  readonly provesPassword: boolean;
  /** Told of each user name that is typed, for whoever judges whether it is the tenant's own. */
  readonly onTyped: (realm: string, username: string) => void;
  /** Told of each change that is sent. */
  readonly onChange: (realm: string, username: string) => void;
}

/** A page takes up to this long, each way. */
const PAGE_MS = 1_500;
/** What the guarded login throws where the ledger refuses; others throw `login_not_allowed`. */
const NOT_ALLOWED = 'the ledger does not allow this login';
class Lost extends Error {}

/** Keeps `told` from when the ledger is asked: from then on, a process that dies leaves it open whether anything was sent. */
const noting =
  (all: Told[], told: Told, beforeSubmit: () => Promise<void>): (() => Promise<void>) =>
  async () => {
    all.push(told);
    await beforeSubmit().catch((error: unknown) => {
      // Where the ledger said no, it wrote nothing down.
      if ((error as Error).message === NOT_ALLOWED || hasCode(error, 'login_not_allowed')) all.splice(all.indexOf(told), 1);
      throw error;
    });
  };

/**
 * Stands for the recipe interpreter and its browser: says of each answer of the portal what the interpreter would say, calls `beforeSubmit`
 * right before anything leaves, and ends as `unknown` where the answer is lost, the deadline is over or the caller has stopped it.
 */
export function modelDriver(options: DriverOptions): PortalDriver {
  return {
    hash: options.hash,
    async openSession({ baseUrl, signal }) {
      if (signal.aborted) throw new RcmError('cancelled', 'The browser was stopped.');
      return new ModelSession(options, options.portalAt(baseUrl));
    },
  };
}

/** What of an act had left the browser when it ended. */
interface Sending {
  submitted: boolean;
}

class ModelSession implements PortalSession {
  readonly #options: DriverOptions;
  readonly #portal: Portal;
  #user: { readonly username: string; readonly openedAt: number } | null = null;
  #isUsable = true;

  constructor(options: DriverOptions, portal: Portal) {
    this.#options = options;
    this.#portal = portal;
  }

  async login({ credential, totp, deadlineMs, signal, beforeSubmit }: Parameters<PortalSession['login']>[0]): Promise<LoginResult> {
    this.#mustBeUsable();
    this.#user = null;
    const [username, password] = [credential.username.reveal(), credential.password.reveal()];
    this.#options.onTyped(this.#portal.realm, username);
    let hasProved = false;
    const told = this.#toldNothing(username, password);
    const asking = noting(this.#portal.told, told, beforeSubmit);
    const { value: ended, submitted } = await this.#send({ deadlineMs, signal, beforeSubmit: asking }, async () => {
      const visitor = this.#visitorNow();
      const first = await this.#page('login', () => this.#portal.tryPassword(visitor, username, password));
      if (first !== 'right') return first;
      hasProved = true;
      const code = (await totp?.())?.reveal() ?? null;
      return this.#page('code', () => this.#portal.tryCode(visitor, username, password, code));
    });
    const { habits, accounts } = this.#portal;
    const { provesPassword } = this.#options;
    const outcome = loginOutcome({ ended, submitted, hasProved, provesPassword, habits, account: accounts.get(username) });
    told.outcome = outcome.kind;
    told.endedAt = this.#options.scheduler.now;
    this.#isUsable = outcome.kind !== 'unknown' && outcome.kind !== 'unavailable';
    if (outcome.kind === 'accepted' || outcome.kind === 'change_forced') this.#user = { username, openedAt: this.#options.scheduler.now };
    return { outcome, submitted };
  }

  async changePassword({ credential, newPassword, deadlineMs, signal, beforeSubmit }: Parameters<PortalSession['changePassword']>[0]): Promise<ChangeOutcome> {
    this.#mustBeUsable();
    const { username } = this.#user ?? { username: '' };
    if (this.#user === null) return { kind: 'unknown', detail: 'The portal shows its login page.', submitted: false };
    const told = this.#toldNothing(username, credential.password.reveal());
    const asking = noting(this.#portal.toldOfChanges, told, beforeSubmit);
    const { value, submitted } = await this.#send({ deadlineMs, signal, beforeSubmit: asking }, () => {
      const visitor = this.#visitorNow();
      this.#options.onChange(this.#portal.realm, username);
      return this.#page('change', () => this.#portal.change(visitor, username, credential.password.reveal(), newPassword.reveal()));
    }).finally(() => void (told.endedAt = this.#options.scheduler.now));
    const made = value === 'unavailable' ? null : value;
    const outcome = changeOutcome(made?.answer === 'not sent' ? null : (made?.decision ?? null), submitted && made?.answer !== 'not sent');
    told.outcome = changeTold(outcome);
    this.#isUsable = outcome.kind !== 'unknown';
    return outcome;
  }

  async runTask(): ReturnType<PortalSession['runTask']> {
    const account = this.#account();
    if (!account) return { kind: 'logged_out' };
    const answer = await this.#page('task', () => (this.#isOpen() ? ('found' as const) : ('logged_out' as const))).catch(() => 'unavailable' as const);
    if (answer === 'unavailable') return { kind: 'unavailable', detail: 'The portal does not answer.' };
    return answer === 'found' ? { kind: 'found', rows: [] } : { kind: 'logged_out' };
  }

  async isLoggedIn(): Promise<boolean> {
    if (!this.#isUsable) return false;
    return this.#page('look', () => this.#isOpen()).catch(() => false);
  }

  async close(): Promise<void> {
    this.#user = null;
    this.#isUsable = false;
  }

  #toldNothing(username: string, password: string): Told {
    return { at: this.#options.scheduler.now, process: currentProcess(), username, password, outcome: null, endedAt: null };
  }

  #visitorNow(): Visitor {
    const process = currentProcess();
    if (!process) throw new Error('Nobody stands at the portal.');
    return { by: process.role, process: process.name, askedAt: this.#options.scheduler.now };
  }

  #mustBeUsable(): void {
    if (!this.#isUsable) throw new RcmError('portal_unexpected', 'This session ended unclear and cannot be used again.');
  }

  #account() {
    return this.#user ? this.#portal.accounts.get(this.#user.username) : undefined;
  }

  /** A portal ends sessions when the password is changed, and after half an hour. */
  #isOpen(): boolean {
    const account = this.#account();
    const { now } = this.#options.scheduler;
    if (!account || !this.#user || now < this.#portal.weather.unavailableUntil) return false;
    return account.passwordAt <= this.#user.openedAt && now < this.#user.openedAt + 1_800_000;
  }

  #page<T>(what: string, effect: () => T): Promise<T> {
    const stake = what === 'login' || what === 'code' || what === 'change' ? 'much' : 'some';
    const lost = (): Error => new Lost('no answer');
    return this.#options.outside.call({ place: 'portal', what: `${this.#portal.realm} ${what}`, effect, lost, travelMs: PAGE_MS, stake });
  }

  /** As the interpreter does it: `beforeSubmit` right before the page is sent; what it throws is thrown, and nothing was sent. */
  async #send<T>(
    { deadlineMs, signal, beforeSubmit }: { readonly deadlineMs: number; readonly signal: AbortSignal; readonly beforeSubmit: () => Promise<void> },
    act: () => Promise<T>,
  ): Promise<{ readonly value: T | 'unavailable' | null; readonly submitted: boolean }> {
    const sending: Sending = { submitted: false };
    const refusals: unknown[] = [];
    const asking: Promise<void>[] = [];
    try {
      const value = await withDeadline({ ms: deadlineMs, what: 'An act at a portal', signal }, async (stopped) => {
        if (!(await this.#page('open', () => this.#options.scheduler.now >= this.#portal.weather.unavailableUntil))) return 'unavailable' as const;
        const asked = beforeSubmit();
        asking.push(asked);
        await asked.catch((error: unknown) => {
          refusals.push(error);
          throw error;
        });
        if (stopped.aborted) throw new RcmError('cancelled', 'The time was up before the submit.');
        sending.submitted = true;
        return act();
      });
      return { value, submitted: sending.submitted };
    } catch {
      await Promise.allSettled(asking);
      if (refusals.length > 0) {
        this.#isUsable = false;
        throw refusals[0];
      }
      return { value: null, submitted: sending.submitted };
    }
  }
}
