import { randomUUID } from 'node:crypto';
import { parsePayload, parseReference } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { acquireSharedLease, releaseLease } from '@rcm/db/leases';
import { beginLoginAttempt, finishLoginAttempt } from '@rcm/db/ledger';
import { type AttemptState, listAttempts, setNextRotation } from '@rcm/db/rotation';
import { accountOf } from '@rcm/portal-access';
import { isLongForm } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RotatorRun, runRotator, startRotator } from './process.fixture.ts';

/** Many times what a quiet machine takes. */
const LONG_MS = 300_000;

/** On a change the state in which nobody knows what the portal did; the crash matrix kills a rotator at each of its acts, there too. */
const KILLED_IN = (
  [
    ['staged', 'alpine-2'],
    ['submitting', 'alpine-3'],
    ['applied', 'alpine-4'],
  ] as const
).filter(([state]) => isLongForm() || state === 'submitting');

let testEnvironment: TestEnvironment;
let environment: Record<string, string>;
const running: RotatorRun[] = [];

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: Array.from({ length: 7 }, () => 'alpine' as const), portalType: { propagationDelayMs: 200 } });
  environment = {
    ...testEnvironment.environmentOf('rcm_rotator'),
    RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator'),
    RCM_HEALTH_PORT: '0',
    RCM_SUBMIT_DEADLINE_MS: '20000',
    RCM_LEASE_TTL_MS: '25000',
    RCM_ROTATOR_SCAN_MS: '500',
    RCM_ROTATOR_RECOVERY_MS: '500',
    RCM_ROTATOR_RETRY_MS: '500',
    RCM_ROTATOR_MEND_SCAN_MS: '500',
    ...(process.env.RCM_CHROMIUM_PATH ? { RCM_CHROMIUM_PATH: process.env.RCM_CHROMIUM_PATH } : {}),
  };
});
afterEach(async () => {
  for (const run of running.splice(0)) if (run.child.exitCode === null && run.child.signalCode === null) await run.end('SIGKILL');
});
afterAll(() => testEnvironment?.close());

function start(...parameters: string[]): RotatorRun {
  const run = startRotator(parameters, environment);
  running.push(run);
  return run;
}

const stateOf = async (endpointId: string): Promise<AttemptState | null> =>
  (await listAttempts(testEnvironment.db, { limit: 100 })).find((attempt) => attempt.endpointId === endpointId)?.state ?? null;

async function currentOf(endpointId: string) {
  const { orgId, secretArn } = testEnvironment.endpoint(endpointId);
  const current = await testEnvironment.stores.forTenant(orgId).read(parseReference(secretArn));
  if (!current) throw new Error('the secret is gone');
  return current;
}

/** What an agent writes down whose login was refused, with what the store holds, by a portal of which nobody knows whether it is well. */
async function refusedOnce(endpointId: string): Promise<void> {
  const { orgId } = testEnvironment.endpoint(endpointId);
  const endpoint = await getEndpoint(testEnvironment.db, { orgId, endpointId });
  const { text, version } = await currentOf(endpointId);
  const answer = await acquireSharedLease(testEnvironment.db, { orgId, endpointId, holder: randomUUID(), ttlMs: 60_000 });
  if (!endpoint || !answer.granted) throw new Error('the login is not free');
  const { fingerprints } = accountOf(testEnvironment.identityKeys, endpoint, parsePayload(text));
  const leaseId = answer.lease.id;
  const begun = await beginLoginAttempt(testEnvironment.db, { leaseId, endpointId, orgId, actor: 'agent', version, fingerprints });
  if (!begun.allowed) throw new Error(begun.reason);
  await finishLoginAttempt(testEnvironment.db, { loginAttemptId: begun.loginAttemptId, orgId, outcome: 'rejected', effect: 'suspect', coolDownMs: 3_600_000 });
  await releaseLease(testEnvironment.db, { leaseId, orgId });
}

describe('the rotator as a process', { timeout: 3 * LONG_MS }, () => {
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
    await setNextRotation(testEnvironment.db, { endpointIds: ['alpine-1'], at: 'now' });
    await expect.poll(() => stateOf('alpine-1'), { timeout: LONG_MS }).toBe('done');
    const ask = (path: string) => fetch(`http://127.0.0.1:${port}/${path}`, { signal: AbortSignal.timeout(20_000) });
    expect([(await ask('healthz')).status, (await ask('readyz')).status]).toEqual([200, 200]);
    // Counted once the login is given back, which comes after the journal's last word.
    await expect.poll(async () => (await ask('metrics')).text(), { timeout: 20_000 }).toMatch(/rcm_rotations_total\{result="done"\} 1/);
    expect(await run.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await testEnvironment.portalAcceptsStore('alpine-1')).toBe(true);
  });

  it('counts the logins that were refused, until they get in again, for Prometheus and for CloudWatch', async () => {
    await refusedOnce('alpine-7');
    const run = startRotator(['run'], { ...environment, RCM_EMBEDDED_METRICS_MS: '500' });
    running.push(run);
    const lastLine = () => (run.output().match(/^\{"_aws":.*\}$/gm) ?? []).at(-1) ?? '';
    const port = await run.ready;
    const figures = () => fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(20_000) }).then((answer) => answer.text());
    await expect.poll(figures, { timeout: LONG_MS }).toMatch(/^rcm_logins_refused 1$/m);
    await expect.poll(lastLine, { timeout: LONG_MS }).toContain('"service":"rotator"');
    await expect.poll(lastLine, { timeout: LONG_MS }).toContain('"rcm_logins_refused":1,');
    const end = await runRotator(['retry', '--endpoint', 'alpine-7', '--reason', 'it is right', '--json'], environment);
    expect(end.json()).toMatchObject({ result: 'accepted' });
    await expect.poll(figures, { timeout: LONG_MS }).toMatch(/^rcm_logins_refused 0$/m);
    await expect.poll(lastLine, { timeout: LONG_MS }).toContain('"rcm_logins_refused":0,');
  });

  it.each(KILLED_IN)('killed in state %s, the next one ends what it began', async (state, id) => {
    // Every page of the portal is slow, so that the kill falls into the state and not beside it.
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'slow', delayMs: 1_500 });
    const first = start('run');
    await first.ready;
    await setNextRotation(testEnvironment.db, { endpointIds: [id], at: 'now' });
    await expect.poll(() => stateOf(id), { timeout: LONG_MS, interval: 20 }).toBe(state);
    await first.end('SIGKILL');
    expect(await stateOf(id)).toBe(state);

    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'none' });
    await start('run').ready;
    await expect.poll(() => stateOf(id), { timeout: LONG_MS }).toBe('done');
    expect(await testEnvironment.portalAcceptsStore(id)).toBe(true);
    const { portal, username } = testEnvironment.endpoint(id);
    const account = await testEnvironment.portals.account(portal, username);
    expect(account.locked).toBe(false);
    expect(account.loginsRejected).toBeLessThanOrEqual(1);
  });
});
