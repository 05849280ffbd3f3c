import { type BrowserPool, createBrowserPool, createRecipeDriver, type PortalSession } from '@rcm/portal-drivers';
import { createLogger, RcmError, Secret } from '@rcm/telemetry';
import type { PracticeAccount, PracticePortal } from './practice-portal.ts';

const ACT_MS = 60_000;

export const openPool = (portal: PracticePortal, maxContexts: number): BrowserPool =>
  createBrowserPool({ maxContexts, executablePath: portal.chromium, logger: createLogger({ name: 'bench', level: 'silent' }) });

export function openSession(portal: PracticePortal, browser: BrowserPool, signal: AbortSignal): Promise<PortalSession> {
  const driver = createRecipeDriver({ recipe: portal.recipe, hosts: [{ host: new URL(portal.baseUrl).host, address: 'loopback' }], browser });
  return driver.openSession({ baseUrl: portal.baseUrl, signal });
}

export async function login(session: PortalSession, account: PracticeAccount, signal: AbortSignal): Promise<void> {
  const credential = { username: new Secret(account.username), password: new Secret(account.password), custom: {} };
  const { outcome } = await session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: ACT_MS, signal });
  if (outcome.kind !== 'accepted') throw new RcmError('portal_unexpected', `A login to measure ended as ${outcome.kind}.`);
}

/** One claim by its number. */
export async function task(session: PortalSession, signal: AbortSignal): Promise<void> {
  const outcome = await session.runTask({ name: 'claim_status', input: { claim_number: 'CLM-1007' }, deadlineMs: ACT_MS, signal });
  if (outcome.kind !== 'found') throw new RcmError('portal_unexpected', `A task to measure ended as ${outcome.kind}.`);
}

/** Does the work of every account, so many at the same time, and gives how many a minute that is. */
export async function perMinute(accounts: readonly PracticeAccount[], atOnce: number, work: (account: PracticeAccount) => Promise<void>): Promise<number> {
  const waiting = [...accounts];
  const started = performance.now();
  const worker = async (): Promise<void> => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await work(next);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return (accounts.length * 60_000) / (performance.now() - started);
}
