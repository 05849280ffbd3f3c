import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { findChromium, readRecipeFile, type Recipe } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';
import { portalControl } from '@rcm/test-environment';
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

/** Starts it with so many accounts. Fails with `browser_unavailable`. */
export async function openPracticePortal(accounts: number): Promise<PracticePortal> {
  const chromium = await findChromium();
  if (chromium === null) throw new RcmError('browser_unavailable', 'No Chromium was found to measure with.');
  const main = fileURLToPath(new URL('main.ts', import.meta.resolve('@rcm/demo-portals')));
  await using opened = new AsyncDisposableStack();
  const child = spawn(process.execPath, [main], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  opened.defer(() => endChild(child, STOP_MS));
  const { portals, control } = JSON.parse(await readyLine(child)) as { portals: Record<string, { baseUrl: string }>; control: { baseUrl: string } };
  const behind = portalControl(control.baseUrl);
  const made = Array.from({ length: accounts }, (_, number) => ({ username: `bench-${number}`, password: `Bench-password-${number}` }));
  await Promise.all(made.map((account) => behind.createAccount({ portal: PORTAL, ...account })));
  await behind.setHabits(PORTAL, { cookieBanner: 'never' });
  const recipe = await readRecipeFile(PORTAL);
  const kept = opened.move();
  return {
    ...{ baseUrl: portals[PORTAL]?.baseUrl ?? '', recipe, chromium, accounts: made },
    answerAfter: (ms) => behind.setFault(ms === 0 ? { portal: PORTAL, fault: 'none' } : { portal: PORTAL, fault: 'slow', delayMs: ms }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
