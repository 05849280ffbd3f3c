import { type AttemptState, listAttempts, setNextRotation } from '@rcm/db';
import { openWorld, type World } from '@rcm/test-world';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RotatorRun, startRotator } from './process.fixture.ts';

let world: World;
let environment: Record<string, string>;
const running: RotatorRun[] = [];

beforeAll(async () => {
  world = await openWorld({ endpoints: ['alpine', 'alpine', 'alpine', 'alpine'], portalType: { settleMs: 200 } });
  environment = {
    ...world.environmentOf('rcm_rotator'),
    RCM_TENANT_ROLE_ARN: world.aws.tenantRoleArn('rotator'),
    RCM_HEALTH_PORT: '0',
    RCM_SUBMIT_DEADLINE_MS: '20000',
    RCM_LEASE_TTL_MS: '25000',
    RCM_ROTATOR_SCAN_MS: '500',
    RCM_ROTATOR_RECOVERY_MS: '500',
    RCM_ROTATOR_RETRY_MS: '500',
    ...(process.env['RCM_CHROMIUM_PATH'] ? { RCM_CHROMIUM_PATH: process.env['RCM_CHROMIUM_PATH'] } : {}),
  };
});
afterEach(async () => {
  for (const run of running.splice(0)) if (run.child.exitCode === null && run.child.signalCode === null) await run.end('SIGKILL');
});
afterAll(() => world?.close());

function start(...parameters: string[]): RotatorRun {
  const run = startRotator(parameters, environment);
  running.push(run);
  return run;
}

const stateOf = async (endpointId: string): Promise<AttemptState | null> =>
  (await listAttempts(world.db, { limit: 100 })).find((attempt) => attempt.endpointId === endpointId)?.state ?? null;

describe('the rotator as a process', () => {
  it('says what is wrong with its configuration in one line each, and ends with 2', async () => {
    const run = startRotator(['run'], { RCM_DATABASE_URL: 'mysql://user:hunter2@host/db', RCM_LEASE_TTL_MS: 'soon' });
    await expect(run.ready).rejects.toThrow('ended with 2');
    expect(run.output()).toContain('RCM_DATABASE_URL: must be a postgresql:// URL');
    expect(run.output()).toContain('RCM_LEASE_TTL_MS');
    expect(run.output()).not.toContain('hunter2');
    expect(run.output()).not.toContain('    at ');
  });

  it('rotates what is due, answers its health port, and stops cleanly', async () => {
    const run = start('run');
    const port = await run.ready;
    await setNextRotation(world.db, { endpointIds: ['alpine-1'], at: 'now' });
    await expect.poll(() => stateOf('alpine-1'), { timeout: 60_000 }).toBe('done');
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}/${path}`, { signal: AbortSignal.timeout(20_000) });
    expect([(await ask('healthz')).status, (await ask('readyz')).status]).toEqual([200, 200]);
    // Counted once the login is given back, which comes after the journal's last word.
    await expect.poll(async () => (await ask('metrics')).text(), { timeout: 20_000 }).toMatch(/rcm_rotations_total\{result="done"\} 1/);
    expect(await run.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await world.portalAcceptsStore('alpine-1')).toBe(true);
  });

  it.each([
    ['staged', 'alpine-2'],
    ['submitting', 'alpine-3'],
    ['applied', 'alpine-4'],
  ] as const)('killed in state %s, the next one ends what it began', async (state, id) => {
    // Every page of the portal is slow, so that the kill falls into the state and not beside it.
    await world.portals.setFault({ portal: 'alpine', fault: 'slow', delayMs: 1_500 });
    const first = start('run');
    await first.ready;
    await setNextRotation(world.db, { endpointIds: [id], at: 'now' });
    await expect.poll(() => stateOf(id), { timeout: 60_000, interval: 20 }).toBe(state);
    await first.end('SIGKILL');
    expect(await stateOf(id)).toBe(state);

    await world.portals.setFault({ portal: 'alpine', fault: 'none' });
    await start('run').ready;
    await expect.poll(() => stateOf(id), { timeout: 90_000 }).toBe('done');
    expect(await world.portalAcceptsStore(id)).toBe(true);
    const { portal, username } = world.endpoint(id);
    const account = await world.portals.account(portal, username);
    expect(account.locked).toBe(false);
    expect(account.loginsRejected).toBeLessThanOrEqual(1);
  });
});
