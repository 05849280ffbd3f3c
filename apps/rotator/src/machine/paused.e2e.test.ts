import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { listLeases } from '@rcm/db/leases';
import { getOpenAttempt } from '@rcm/db/rotation';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { resultOf } from '../schedule/rotation-outcome.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';

const PAUSED = fileURLToPath(new URL('paused-rotator.fixture.ts', import.meta.url));

/** Many times what a quiet machine takes. */
const LONG_MS = 300_000;

let opened: RotatorEnvironment;
const paused: ChildProcess[] = [];
beforeAll(
  async () => void (opened = await openRotatorEnvironment({ endpoints: ['alpine', 'alpine', 'alpine', 'alpine'], portalType: { propagationDelayMs: 500 } })),
);
// A test that failed may have left one that is still stopped.
afterEach(() => paused.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(() => opened?.close());

/** A rotator that is paused at this write to the journal until its lease is gone; `goOn` continues it and waits for its end. */
async function pausedAt(endpointId: string, write: string, when: 'before' | 'after') {
  const goOn = await stoppedAt(endpointId, write, when, { submitDeadlineMs: 20_000, leaseTtlMs: 30_000 });
  await expect.poll(() => listLeases(opened.testEnvironment.db), { timeout: LONG_MS }).toEqual([]);
  return goOn;
}

interface Windows {
  readonly submitDeadlineMs: number;
  readonly leaseTtlMs: number;
}

async function stoppedAt(endpointId: string, write: string, when: 'before' | 'after', { submitDeadlineMs, leaseTtlMs }: Windows) {
  const environment = {
    ...opened.testEnvironment.environmentOf('rcm_rotator'),
    RCM_TENANT_ROLE_ARN: opened.testEnvironment.aws.tenantRoleArn('rotator'),
    RCM_LOG_LEVEL: 'error',
    RCM_SUBMIT_DEADLINE_MS: String(submitDeadlineMs),
    RCM_LEASE_TTL_MS: String(leaseTtlMs),
    ...(process.env.RCM_CHROMIUM_PATH ? { RCM_CHROMIUM_PATH: process.env.RCM_CHROMIUM_PATH } : {}),
  };
  const child = spawn(process.execPath, [PAUSED, endpointId, opened.testEnvironment.endpoint(endpointId).orgId, write, when], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  paused.push(child);
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  await expect.poll(() => said, { timeout: LONG_MS }).toBe('stopping\n');
  return async (): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill('SIGCONT');
    await ended;
  };
}

const account = (endpointId: string) => {
  const { portal, username } = opened.testEnvironment.endpoint(endpointId);
  return opened.testEnvironment.portals.account(portal, username);
};

/** What the portal has written down: every login try and change of the account, and how many changes it refused. */
async function recordOf(endpointId: string) {
  const { portal, username } = opened.testEnvironment.endpoint(endpointId);
  const { tries, changes, changesRefused } = await opened.testEnvironment.portals.history({ portal, username });
  return { tries, changes, changesRefused };
}

describe('a rotator that was paused for longer than its lease', { timeout: 4 * LONG_MS }, () => {
  it('lets no change out that it had not yet let out', async () => {
    const goOn = await pausedAt('alpine-1', 'submitting', 'after');
    const before = await recordOf('alpine-1');
    await goOn();
    expect(await recordOf('alpine-1')).toEqual({ ...before, changes: [] });
    expect(await getOpenAttempt(opened.testEnvironment.db, opened.testEnvironment.endpoint('alpine-1'))).not.toBeNull();
    expect(resultOf(await opened.untilEnded('alpine-1'))).toBe('done');
    // It knew that nothing had left its browser, so nobody had to guess.
    expect(await account('alpine-1')).toMatchObject({ passwordsChanged: 1, loginsRejected: 0, locked: false });
    expect(await opened.testEnvironment.portalAcceptsStore('alpine-1')).toBe(true);
  });

  it('lets no change out either where others have rotated the login meanwhile, twice', async () => {
    const goOn = await pausedAt('alpine-3', 'submitting', 'after');
    for (let rotation = 0; rotation < 2; rotation += 1) expect(resultOf(await opened.untilEnded('alpine-3'))).toBe('done');
    const [before, secret] = [await recordOf('alpine-3'), await opened.snapshot('alpine-3')];
    await goOn();
    expect(await recordOf('alpine-3')).toEqual(before);
    expect(await opened.snapshot('alpine-3')).toEqual(secret);
    expect(await opened.testEnvironment.portalAcceptsStore('alpine-3')).toBe(true);
  });

  it('writes nothing any more once another one has gone on', async () => {
    const goOn = await pausedAt('alpine-2', 'applied', 'before');
    expect(resultOf(await opened.untilEnded('alpine-2'))).toBe('done');
    const before = await opened.snapshot('alpine-2');
    await goOn();
    expect(await opened.snapshot('alpine-2')).toEqual(before);
  });

  it('lets no change out that its lease, shorter now, would not outlive', async () => {
    const goOn = await stoppedAt('alpine-4', 'submitting', 'after', { submitDeadlineMs: 590_000, leaseTtlMs: 600_000 });
    const before = await recordOf('alpine-4');
    // The lease and the change's own deadline go on for minutes; but the lease was to outlive a change that begins now.
    await new Promise((resolve) => setTimeout(resolve, 15_000));
    await goOn();
    expect(await recordOf('alpine-4')).toEqual({ ...before, changes: [] });
  });
});
