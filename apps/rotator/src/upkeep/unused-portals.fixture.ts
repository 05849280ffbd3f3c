import { createHash } from 'node:crypto';
import type { ChangeOutcome, LoginOutcome, PortalDriver } from '@rcm/portal-drivers';

const DAY_MS = 86_400_000;
/** Failures in a row, each forgotten after a quarter of an hour. */
export const LOCKS_AFTER = 4;
export const FORGETS_AFTER_S = 900;

/** One account as the portal has it: the judge. Nothing of ours writes it but by logging in and changing the password. */
export interface Account {
  /** After so many days without a login the portal disables it. */
  readonly dormantDays: number;
  password: string;
  lastLoginAt: number;
  /** Days for which the portal had not seen it, when it last did. */
  idleDays: number;
  /** When the portal disabled it for want of a login. */
  lapsedAt: number | null;
  failures: number;
  lastFailureAt: number;
  locked: boolean;
  logins: number;
  changes: number;
}

/** Portals that are up or down at once, each account by its user name. `now`: their clock, in milliseconds. */
export class UnusedPortals {
  readonly accounts = new Map<string, Account>();
  readonly #now: () => number;
  isUp = true;

  constructor(now: () => number) {
    this.#now = now;
  }

  add(username: string, account: Pick<Account, 'dormantDays' | 'password'>): void {
    const never = { lapsedAt: null, failures: 0, lastFailureAt: Number.NEGATIVE_INFINITY, locked: false, logins: 0, changes: 0 };
    this.accounts.set(username, { ...never, ...account, lastLoginAt: this.#now(), idleDays: 0 });
  }

  /** Disables whom nobody used, as portals do at night. */
  sweep(): void {
    for (const account of this.accounts.values()) this.#lapse(account);
  }

  /** Whether the portal disabled it so many days ago. */
  isLost(username: string, days: number): boolean {
    const at = this.accounts.get(username)?.lapsedAt ?? null;
    return at !== null && this.#now() - at > days * DAY_MS;
  }

  readonly driver: PortalDriver = {
    hash: createHash('sha256').update('unused').digest('hex'),
    openSession: async () => ({
      login: async ({ credential, beforeSubmit }) => {
        if (!this.isUp) return { outcome: { kind: 'unavailable', detail: 'the portal does not answer' }, submitted: false };
        await beforeSubmit();
        return { outcome: this.#answer(credential.username.reveal(), credential.password.reveal()), submitted: true };
      },
      changePassword: async ({ credential, newPassword, beforeSubmit }): Promise<ChangeOutcome> => {
        await beforeSubmit();
        const account = this.accounts.get(credential.username.reveal());
        if (account) Object.assign(account, { password: newPassword.reveal(), changes: account.changes + 1 });
        return { kind: 'applied', submitted: true };
      },
      runTask: () => Promise.reject(new Error('nobody has a task here')),
      isLoggedIn: async () => true,
      close: async () => undefined,
    }),
  };

  #lapse(account: Account): void {
    if (account.lapsedAt === null && this.#now() - account.lastLoginAt > account.dormantDays * DAY_MS) account.lapsedAt = this.#now();
  }

  #answer(username: string, password: string): LoginOutcome {
    const account = this.accounts.get(username);
    if (!account) return { kind: 'unknown', detail: 'no such account' };
    this.#lapse(account);
    if (account.locked) return { kind: 'locked' };
    const now = this.#now();
    if (account.lapsedAt !== null || account.password !== password) {
      account.failures = now - account.lastFailureAt < FORGETS_AFTER_S * 1000 ? account.failures + 1 : 1;
      account.lastFailureAt = now;
      account.locked = account.failures >= LOCKS_AFTER;
      return { kind: 'rejected' };
    }
    Object.assign(account, { failures: 0, idleDays: (now - account.lastLoginAt) / DAY_MS, lastLoginAt: now, logins: account.logins + 1 });
    return { kind: 'accepted' };
  }
}
