import { listLeases } from '@rcm/db/leases';
import { listAttempts, setNextRotation } from '@rcm/db/rotation';
import { startContainer, type TestContainer } from '@rcm/images/testing';
import { freePort } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

/** What the names of images begin with that were built from these sources: `npm run images -- build`. */
const images = process.env.RCM_TEST_IMAGES;
/** Many times what a quiet machine takes. */
const LONG_MS = 300_000;

// Images are built by a command of its own, which takes minutes: where they are not named, process.e2e.test.ts alone tries the same of this clone's sources.
describe.skipIf(images === undefined)('a rotator’s container (RCM_TEST_IMAGES names its image)', { timeout: 2 * LONG_MS }, () => {
  let testEnvironment: TestEnvironment;
  const started: TestContainer[] = [];
  beforeAll(
    async () => void (testEnvironment = await openTestEnvironment({ endpoints: ['alpine', 'alpine'], portalType: { propagationDelayMs: 200 } })),
    LONG_MS,
  );
  afterEach(async () => {
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'none' });
    for (const container of started.splice(0)) await container.remove();
  });
  afterAll(() => testEnvironment?.close());

  async function start(): Promise<TestContainer> {
    const container = await startContainer(`${images}/rotator`, {
      ...testEnvironment.environmentOf('rcm_rotator'),
      RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator'),
      RCM_HEALTH_PORT: String(await freePort()),
      RCM_SUBMIT_DEADLINE_MS: '20000',
      RCM_LEASE_TTL_MS: '25000',
      RCM_ROTATOR_SCAN_MS: '500',
      RCM_ROTATOR_RECOVERY_MS: '500',
      RCM_ROTATOR_RETRY_MS: '500',
    });
    started.push(container);
    await expect.poll(() => container.docker('logs'), { timeout: LONG_MS }).toContain('"msg":"ready"');
    return container;
  }
  const attemptOf = async (endpointId: string) => (await listAttempts(testEnvironment.db, { limit: 100 })).find((attempt) => attempt.endpointId === endpointId);
  /** A rotation of this login has begun, at a portal that is slow. */
  async function inHand(endpointId: string): Promise<void> {
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'slow', delayMs: 1_000 });
    await setNextRotation(testEnvironment.db, { endpointIds: [endpointId], at: 'now' });
    await expect.poll(async () => (await attemptOf(endpointId))?.state, { timeout: LONG_MS }).toMatch(/staged|submitting|applied/);
  }

  it('is healthy; at SIGTERM it ends the rotation in hand, gives the login back and ends with 0', async () => {
    const container = await start();
    await expect.poll(() => container.health(), { timeout: LONG_MS }).toBe('healthy');
    await inHand('alpine-1');
    await container.docker('stop');
    expect(await container.exitCode()).toBe(0);
    expect(await listLeases(testEnvironment.db)).toEqual([]);
    expect((await attemptOf('alpine-1'))?.state).toBe('done');
    expect(await testEnvironment.portalAcceptsStore('alpine-1')).toBe(true);
  });

  it('that is killed in the middle of a rotation goes on with it once it is started again', async () => {
    const container = await start();
    await inHand('alpine-2');
    await container.docker('kill');
    await container.docker('wait');
    expect(await container.exitCode()).toBe(137);
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'none' });
    await container.docker('start');
    await expect.poll(async () => (await attemptOf('alpine-2'))?.state, { timeout: LONG_MS }).toBe('done');
    expect(await testEnvironment.portalAcceptsStore('alpine-2')).toBe(true);
    expect((await testEnvironment.portals.account('alpine', testEnvironment.endpoint('alpine-2').username)).locked).toBe(false);
  });
});
