import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findChromium, readRecipeFile, type Recipe } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';
import { endChild, readyLine } from '@rcm/test-services';

const PORTAL = 'alpine';
const STOP_MS = 60_000;

export interface PracticeAccount {
  readonly username: string;
  readonly password: string;
}

/** A portal in a process of its own, so that its work is no event of this one, and a browser to reach it with. */
export interface PracticePortal extends AsyncDisposable {
  readonly baseUrl: string;
  readonly recipe: Recipe;
  readonly chromium: string;
  readonly accounts: readonly PracticeAccount[];
  /** From now on every page takes so many milliseconds more to be answered. */
  answerAfter(ms: number): Promise<void>;
}

/** Starts it with so many accounts. Fails with `browser_unavailable` and `portal_unavailable`. */
export async function openPracticePortal(accounts: number): Promise<PracticePortal> {
  const chromium = await findChromium();
  if (chromium === null) throw new RcmError('browser_unavailable', 'No Chromium was found to measure with.');
  const main = fileURLToPath(new URL('main.ts', import.meta.resolve('@rcm/demo-portals')));
  await using opened = new AsyncDisposableStack();
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  opened.defer(() => endChild(child, STOP_MS));
  const { portals, control } = JSON.parse(await readyLine(child)) as { portals: Record<string, { baseUrl: string }>; control: { baseUrl: string } };
  const made = await Promise.all(Array.from({ length: accounts }, (_, number) => makeAccount(control.baseUrl, number)));
  await put(control.baseUrl, 'PUT', '/habits', { portal: PORTAL, habits: { cookieBanner: 'never' } });
  const answerAfter = (ms: number): Promise<void> =>
    put(control.baseUrl, 'PUT', '/faults', ms === 0 ? { portal: PORTAL, fault: 'none' } : { portal: PORTAL, fault: 'slow', delayMs: ms });
  const place = { baseUrl: portals[PORTAL]?.baseUrl ?? '', recipe: await readRecipeFile(PORTAL) };
  const kept = opened.move();
  return { ...place, chromium, accounts: made, answerAfter, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function makeAccount(control: string, number: number): Promise<PracticeAccount> {
  const account = { username: `bench-${number}`, password: `Bench-password-${number}` };
  await put(control, 'POST', '/accounts', { portal: PORTAL, ...account });
  return account;
}

async function put(control: string, method: string, path: string, body: object): Promise<void> {
  const response = await fetch(control + path, { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  if (!response.ok) throw new RcmError('portal_unavailable', `The practice portal refused ${path} (${response.status}).`);
}
