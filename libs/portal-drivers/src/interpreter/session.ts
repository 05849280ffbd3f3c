import { RcmError, type Secret, withDeadline } from '@rcm/telemetry';
import type { ChangeOptions, LoginOptions, PortalSession, StepOptions, TaskOptions } from '../driver.ts';
import type { ChangeOutcome, LoginResult, TaskOutcome } from '../outcome.ts';
import { changePassword } from './change-password.ts';
import { login } from './login.ts';
import { everySecret } from './credential-values.ts';
import { keptOut, withoutSecrets } from './kept-out.ts';
import { createSecretMask, type SecretMask } from '../secret-mask.ts';
import type { StepTrace } from '../trace.ts';
import type { Tabs } from './tabs.ts';
import { follow } from './follow.ts';
import { logout } from './logout.ts';
import type { SessionDependencies } from './dependencies.ts';
import type { SessionDevice } from './session-device.ts';
import { runTask } from './task.ts';

export interface SessionOptions {
  readonly dependencies: SessionDependencies;
  /** Forgets cookies, storage and the page, and gives a new page. */
  readonly freshPage: () => Promise<Tabs>;
  /** Gives back the place of the context, which signs out and is then released; called once. */
  readonly leave: () => void;
  /** Gives back the context; called once. */
  readonly release: () => Promise<void>;
  readonly logoutMs?: number | undefined;
  /** `null`: the portal remembers no device. */
  readonly device: SessionDevice | null;
}

/** The session of one login at a time. Its acts may be taken apart from it: who wraps a session replaces some of them. */
export function createSession(options: SessionOptions): PortalSession {
  const session = new RecipeSession(options);
  return {
    login: (login) => session.login(login),
    changePassword: (change) => session.changePassword(change),
    runTask: (task) => session.runTask(task),
    isLoggedIn: (check) => session.isLoggedIn(check),
    close: () => session.close(),
  };
}

class RecipeSession implements PortalSession {
  readonly #options: Omit<SessionOptions, 'dependencies'>;
  #dependencies: SessionDependencies;
  #fresh = true;
  #loggedIn = false;
  #changeForced = false;
  /** Characters that the login's field for the password takes at most; `null`: it does not say. */
  #room: number | null = null;
  #usable = true;
  #noResult: readonly Secret<string>[] = [];
  /** What the last login typed. */
  #password: SecretMask | null = null;
  #closing: Promise<void> | null = null;

  constructor({ dependencies, ...options }: SessionOptions) {
    this.#dependencies = dependencies;
    this.#options = options;
  }

  async login(options: LoginOptions): Promise<LoginResult> {
    this.#usableOnly();
    const { device, freshPage } = this.#options;
    [this.#loggedIn, this.#room] = [false, null];
    // Portals remember how far the last login came; the next one must not begin there.
    if (!this.#fresh) this.#dependencies = { ...this.#dependencies, watch: await freshPage() };
    this.#fresh = false;
    const dependencies = this.#dependencies;
    dependencies.requestGate.withheld.forget();
    this.#password = createSecretMask([options.credential.password]);
    dependencies.secrets.add(...everySecret(options.credential));
    const given = options.device ? ((await device?.give(options.device)) ?? []) : [];
    dependencies.secrets.add(...given);
    this.#noResult = keptOut(options.credential, ...given);
    const result = await login(dependencies, options, (most) => void (this.#room = most)).catch((error: unknown) => this.#failed(error));
    this.#loggedIn = result.outcome.kind === 'accepted';
    dependencies.watch.keepEntered();
    this.#changeForced = result.outcome.kind === 'change_forced' || result.outcome.kind === 'password_expired';
    this.#usable = !isUnclear(result.outcome.kind);
    await this.#keep('login', result.outcome.kind);
    return this.#loggedIn && device ? { ...result, device: await device.read() } : result;
  }

  async changePassword(options: ChangeOptions): Promise<ChangeOutcome> {
    this.#usableOnly();
    this.#dependencies.secrets.add(...everySecret(options.credential, options.newPassword));
    this.#noResult = keptOut(options.credential, options.newPassword);
    const known = { forced: this.#changeForced, room: this.#room };
    const { withheld } = this.#dependencies.requestGate;
    withheld.wake();
    withheld.beginChange({ from: createSecretMask([options.credential.password]), to: createSecretMask([options.newPassword]) });
    const outcome = await changePassword(this.#dependencies, options, known).catch((error: unknown) => this.#failed(error));
    withheld.endChange(outcome);
    this.#usable = !isUnclear(outcome.kind);
    await this.#keep('change', outcome.kind);
    if (outcome.kind === 'applied') this.#changeForced = false;
    if (outcome.kind === 'applied' && outcome.session === 'ended') this.#loggedIn = false;
    return outcome;
  }

  async runTask(options: TaskOptions): Promise<TaskOutcome> {
    this.#usableOnly();
    this.#dependencies.requestGate.withheld.wake();
    const outcome = await checked(await runTask(this.#dependencies, options), this.#noResult, options);
    await this.#keep(`task ${options.name}`, outcome.kind);
    // Who stops a task wants the browser gone, not a logout first.
    if (outcome.kind === 'logged_out' || options.signal.aborted) this.#loggedIn = false;
    if (this.#password !== null) this.#dependencies.requestGate.withheld.rest(this.#password);
    return outcome;
  }

  async isLoggedIn(options: StepOptions): Promise<boolean> {
    if (!this.#usable) return false;
    this.#dependencies.requestGate.withheld.wake();
    this.#loggedIn = await isLoggedIn(this.#dependencies, options).catch(() => false);
    return this.#loggedIn;
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#end());
  }

  /** After an unclear end the page may still be about to do something: nothing more is done with it. */
  #usableOnly(): void {
    if (!this.#usable) throw new RcmError('portal_unexpected', 'This session ended unclear and cannot be used again.');
  }

  #failed(error: unknown): never {
    this.#usable = false;
    throw error;
  }

  #keep(act: StepTrace['act'], ended: string): Promise<void> {
    const { evidence, watch, secrets } = this.#dependencies;
    return evidence.end(act, ended, watch.page, secrets);
  }

  async #end(): Promise<void> {
    const { recipe } = this.#dependencies;
    const { logoutMs, leave, release } = this.#options;
    if (this.#loggedIn && this.#usable && recipe.logout) {
      leave();
      await logout(this.#dependencies, logoutMs ?? recipe.logout.deadline_ms).catch(() => undefined);
    }
    await release();
  }
}

/** A result that could not be looked through in time is not given. */
async function checked(outcome: TaskOutcome, secrets: readonly Secret<string>[], options: StepOptions): Promise<TaskOutcome> {
  try {
    return await withDeadline({ ms: options.deadlineMs, what: 'looking for secrets', signal: options.signal }, (signal) =>
      withoutSecrets(outcome, secrets, signal),
    );
  } catch {
    return { kind: 'unknown', detail: 'The result was not looked through for secrets of the login in time, so it is not given.' };
  }
}

const isUnclear = (kind: string): boolean => kind === 'unknown' || kind === 'unavailable' || kind === 'host_moved';

/** Asks the recipe's page; anything but a clear "logged in" is `false`, so that the caller logs in anew. */
async function isLoggedIn(dependencies: SessionDependencies, options: StepOptions): Promise<boolean> {
  const { open, logged_in, logged_out } = dependencies.recipe.session;
  const words = [
    { when: logged_in, is: 'in' },
    { when: logged_out, is: 'out' },
  ];
  return (await follow(dependencies, 'check', options, { steps: [{ open }], words })).is === 'in';
}
