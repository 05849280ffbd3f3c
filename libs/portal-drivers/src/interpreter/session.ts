import { RcmError, type Secret, withDeadline } from '@rcm/telemetry';
import type { PortalSession, StepOptions } from '../driver.ts';
import type { TaskOutcome } from '../outcome.ts';
import { changePassword } from './change-password.ts';
import { login } from './login.ts';
import { everySecret } from './credential-values.ts';
import { keptOut, withoutSecrets } from './kept-out.ts';
import type { StepTrace } from '../trace.ts';
import type { Tabs } from './tabs.ts';
import { follow } from './follow.ts';
import { logout } from './logout.ts';
import type { SessionParts } from './parts.ts';
import type { SessionDevice } from './session-device.ts';
import { runTask } from './task.ts';

export interface SessionOptions {
  readonly parts: SessionParts;
  /** Forgets cookies, storage and the page, and gives a new page. */
  readonly freshPage: () => Promise<Tabs>;
  /** Gives back the context; called once. */
  readonly release: () => Promise<void>;
  readonly logoutMs?: number | undefined;
  /** `null`: the portal remembers no device. */
  readonly device: SessionDevice | null;
}

/** The session of one login at a time. */
export function createSession({ parts: first, freshPage, release, logoutMs, device }: SessionOptions): PortalSession {
  let parts = first;
  let fresh = true;
  let loggedIn = false;
  let changeForced = false;
  let usable = true;
  let noResult: readonly Secret<string>[] = [];
  let closing: Promise<void> | null = null;

  /** After an unclear end the page may still be about to do something: nothing more is done with it. */
  const usableOnly = (): void => {
    if (!usable) throw new RcmError('portal_unexpected', 'This session ended unclear and cannot be used again.');
  };

  const keep = (act: StepTrace['act'], ended: string): Promise<void> => parts.evidence.end(act, ended, parts.watch.page, parts.secrets);

  async function end(): Promise<void> {
    if (loggedIn && usable && parts.recipe.logout) await logout(parts, logoutMs ?? parts.recipe.logout.deadline_ms).catch(() => undefined);
    await release();
  }

  return {
    async login(options) {
      usableOnly();
      loggedIn = false;
      // Portals remember how far the last login came; the next one must not begin there.
      if (!fresh) parts = { ...parts, watch: await freshPage() };
      fresh = false;
      parts.secrets.add(...everySecret(options.credential));
      const given = options.device ? ((await device?.give(options.device)) ?? []) : [];
      parts.secrets.add(...given);
      noResult = keptOut(options.credential, ...given);
      const result = await login(parts, options).catch((error: unknown) => {
        usable = false;
        throw error;
      });
      loggedIn = result.outcome.kind === 'accepted';
      parts.watch.keepEntered();
      changeForced = result.outcome.kind === 'change_forced' || result.outcome.kind === 'password_expired';
      usable = !isUnclear(result.outcome.kind);
      await keep('login', result.outcome.kind);
      return loggedIn && device ? { ...result, device: await device.read() } : result;
    },
    async changePassword(options) {
      usableOnly();
      parts.secrets.add(...everySecret(options.credential, options.newPassword));
      noResult = keptOut(options.credential, options.newPassword);
      const outcome = await changePassword(parts, options, changeForced).catch((error: unknown) => {
        usable = false;
        throw error;
      });
      usable = !isUnclear(outcome.kind);
      await keep('change', outcome.kind);
      if (outcome.kind === 'applied') changeForced = false;
      if (outcome.kind === 'applied' && outcome.session === 'ended') loggedIn = false;
      return outcome;
    },
    async runTask(options) {
      usableOnly();
      const outcome = await checked(await runTask(parts, options), noResult, options);
      await keep(`task ${options.name}`, outcome.kind);
      // Who stops a task wants the browser gone, not a logout first.
      if (outcome.kind === 'logged_out' || options.signal.aborted) loggedIn = false;
      return outcome;
    },
    async isLoggedIn(options) {
      if (!usable) return false;
      loggedIn = await isLoggedIn(parts, options).catch(() => false);
      return loggedIn;
    },
    close: () => (closing ??= end()),
  };
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
async function isLoggedIn(parts: SessionParts, options: StepOptions): Promise<boolean> {
  const { open, logged_in, logged_out } = parts.recipe.session;
  const words = [
    { when: logged_in, is: 'in' },
    { when: logged_out, is: 'out' },
  ];
  return (await follow(parts, 'check', options, { steps: [{ open }], words })).is === 'in';
}
