import type { CredentialPayload } from '@rcm/credentials';
import { codesOf, portalCredential } from '@rcm/portal-access/credential';
import type { LoginResult, PortalDriver, PortalSession } from '@rcm/portal-drivers';
import { type Clock, type Secret } from '@rcm/telemetry';
import { createOneTimeCodes } from '../credential/one-time-codes.ts';

export interface TrialOptions {
  readonly driver: PortalDriver;
  readonly baseUrl: string;
  readonly payload: Secret<CredentialPayload>;
  /** Milliseconds for one login, change or task. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** One login at a live portal and what is done in it. Nothing here tries anything twice. */
export interface Trial {
  /** Opens a session for `use` and closes it after. */
  inSession<T>(use: (session: PortalSession) => Promise<T>): Promise<T>;
  /** The login's one-time codes; `null`: it has no seed. */
  readonly codes: (() => Promise<Secret<string>>) | null;
  /** Logs in with the payload, or with another password. */
  login(session: PortalSession, password?: Secret<string>): Promise<LoginResult>;
}

export function createTrial(options: TrialOptions): Trial {
  const { driver, baseUrl, payload, deadlineMs, clock, signal, say } = options;
  const seed = payload.map(({ mfa_seed }) => mfa_seed ?? '');
  const next = createOneTimeCodes({
    seed,
    ...codesOf(payload),
    clock,
    signal,
    onWait: (ms) => say(`waiting ${Math.ceil(ms / 1_000)} s for the next one-time code\n`),
  });
  const codes = seed.reveal() === '' ? null : next;
  return {
    codes,
    async inSession(use) {
      const session = await driver.openSession({ baseUrl, signal });
      try {
        return await use(session);
      } finally {
        await session.close();
      }
    },
    login: (session, password) =>
      session.login({
        credential: { ...portalCredential(payload), ...(password ? { password } : {}) },
        totp: codes,
        beforeSubmit: async () => undefined,
        deadlineMs,
        signal,
      }),
  };
}
