import { listLeases } from '@rcm/db/leases';
import { getPortalTask } from '@rcm/db/tasks';
import { startContainer, type TestContainer } from '@rcm/images/testing';
import { createTaskClient } from '@rcm/task-client';
import { freePort } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Issuer, startIssuer } from './http/issuer.fixture.ts';

/** What the names of images begin with that were built from these sources: `npm run images -- build`. */
const images = process.env.RCM_TEST_IMAGES;
/** Many times what a quiet machine takes. */
const LONG_MS = 300_000;

// Images are built by a command of its own, which takes minutes: where they are not named, run.e2e.test.ts alone tries the same of this clone's sources.
describe.skipIf(images === undefined)('a web-agent’s container (RCM_TEST_IMAGES names its image)', { timeout: LONG_MS }, () => {
  let testEnvironment: TestEnvironment;
  let issuer: Issuer;
  const started: TestContainer[] = [];
  let apiPort: number;
  beforeAll(async () => {
    [testEnvironment, issuer] = await Promise.all([
      openTestEnvironment({ endpoints: ['alpine', 'alpine', 'alpine'], portalType: { propagationDelayMs: 200 } }),
      startIssuer(),
    ]);
  }, LONG_MS);
  afterEach(async () => {
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'none' });
    for (const container of started.splice(0)) await container.remove();
  });
  afterAll(async () => {
    await issuer?.close();
    await testEnvironment?.close();
  });

  async function start(options?: { readonly profile: boolean }): Promise<TestContainer> {
    apiPort = await freePort();
    const environment = {
      ...testEnvironment.environmentOf('rcm_agent'),
      RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('agent'),
      RCM_API_ISSUER: issuer.name,
      RCM_API_AUDIENCE: issuer.audience,
      RCM_API_JWKS_URL: issuer.jwksUrl,
      RCM_API_PORT: String(apiPort),
      RCM_HEALTH_PORT: String(await freePort()),
      RCM_AGENT_CLAIM_MS: '20000',
      RCM_LEASE_TTL_MS: '35000',
    };
    const container = await startContainer(`${images}/web-agent`, environment, options);
    started.push(container);
    await expect.poll(() => container.docker('logs'), { timeout: LONG_MS }).toContain('"msg":"ready"');
    return container;
  }
  const ask = (endpoint: string) =>
    createTaskClient({ baseUrl: `http://127.0.0.1:${apiPort}`, token: () => issuer.token(testEnvironment.orgId) }).ask({
      endpoint,
      task: 'claim_status',
      input: { claim_number: 'CLM-1001' },
    });
  const row = (taskId: string) => getPortalTask(testEnvironment.db, { orgId: testEnvironment.orgId, taskId });
  const isRunning = (taskId: string) => expect.poll(async () => (await row(taskId))?.state, { timeout: LONG_MS }).toBe('running');

  it('is healthy; at SIGTERM it finishes what is in hand, gives its lease back and ends with 0', async () => {
    const container = await start();
    await expect.poll(() => container.health(), { timeout: LONG_MS }).toBe('healthy');
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'slow', delayMs: 1_500 });
    const { id } = await ask('alpine-1');
    await isRunning(id);
    await expect.poll(async () => (await listLeases(testEnvironment.db)).length, { timeout: LONG_MS }).toBe(1);
    await container.docker('stop');
    expect(await container.exitCode()).toBe(0);
    expect(await row(id)).toMatchObject({ state: 'succeeded', tries: 1 });
    expect(await listLeases(testEnvironment.db)).toEqual([]);
    expect(await container.docker('logs')).not.toContain('sandbox');
  });

  it('that is killed in the middle of a task does it once it is started again', async () => {
    const container = await start();
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'slow', delayMs: 8_000 });
    const { id } = await ask('alpine-2');
    await isRunning(id);
    await container.docker('kill');
    await container.docker('wait');
    expect(await container.exitCode()).toBe(137);
    await testEnvironment.portals.setFault({ portal: 'alpine', fault: 'none' });
    await container.docker('start');
    await expect.poll(async () => (await row(id))?.state, { timeout: LONG_MS }).toBe('succeeded');
    expect(await row(id)).toMatchObject({ tries: 2 });
  });

  it('opens no page where its sandbox cannot work, instead of one without', async () => {
    const container = await start({ profile: false });
    const before = await testEnvironment.portals.account('alpine', testEnvironment.endpoint('alpine-3').username);
    const { id } = await ask('alpine-3');
    await expect.poll(() => container.docker('logs'), { timeout: LONG_MS }).toContain('browser_unavailable');
    expect((await row(id))?.state).not.toBe('succeeded');
    expect(await testEnvironment.portals.account('alpine', testEnvironment.endpoint('alpine-3').username)).toEqual(before);
  });
});
