import { createCopyingStores, createTenantStores, parseReference } from '@rcm/credentials';
import { taskRoleName } from '@rcm/credentials/policies';
import type { LocalAws } from '@rcm/local-aws';
import { createLogger, createMetrics, systemClock } from '@rcm/telemetry';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { RotatorProcess } from '../services.ts';
import { copiesCommand } from './copies.ts';

let testEnvironment: TestEnvironment;
const ACT = { actor: 'person:os:jane@host', reason: 'the second region was away' };
let away: LocalAws;
let replica: ReturnType<typeof createTenantStores>;

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: ['alpine', 'alpine', 'alpine'], secondRegion: true });
  await testEnvironment.addEndpoint('alpine', 'secrets-manager');
  if (!testEnvironment.replica) throw new Error('no second region');
  away = testEnvironment.replica;
  replica = createTenantStores({
    region: away.region,
    endpoint: away.endpoint,
    // As a rotator's process has them: tenants' sessions do what their policies let them.
    credentials: testEnvironment.aws.taskCredentials(taskRoleName('rotator')),
    environment: testEnvironment.environmentName,
    kmsKeyId: away.kmsKeyArn,
    roleArn: testEnvironment.aws.tenantRoleArn('rotator'),
    maxAttempts: 1,
  });
});
afterAll(async () => {
  await replica?.close();
  await testEnvironment?.close();
});
afterEach(() => vi.restoreAllMocks());

/** The command on the test environment's own database and store; `secondRegion` may be none. */
async function run(secondRegion: 'there' | 'none' = 'there') {
  const copies = createCopyingStores({
    primary: testEnvironment.stores,
    replica,
    replicaRegion: away.region,
    replicaKeyOf: () => away.kmsKeyArn,
    metrics: createMetrics(),
  });
  const rotator = {
    environment: testEnvironment.environmentName,
    owner: 'rotator@test',
    clock: systemClock,
    logger: createLogger({ name: 'test', level: 'silent' }),
  };
  const opened = { db: testEnvironment.db, copies: secondRegion === 'there' ? copies : null, rotator } as unknown as RotatorProcess;
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const exitCode = await copiesCommand({ opened, json: true, signal: new AbortController().signal }, ACT);
  return { exitCode, counts: JSON.parse(String(written.mock.lastCall?.[0])) as Record<string, number> };
}

const audited = () =>
  testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ subject: string }[]>`SELECT subject FROM audit_event WHERE action = 'secret.copy' ORDER BY subject`,
  );

/** What the audit trail says of who began it. */
const begun = () =>
  testEnvironment.db.transaction(
    'every tenant',
    (tx) =>
      tx.$queryRaw<
        { actor: string; reason: string }[]
      >`SELECT actor, reason FROM audit_event WHERE action = 'secret.copies' AND org_id = ${testEnvironment.orgId}`,
  );

test('makes every copy that is missing or behind, each after its audit event; the second time there is nothing to do', async () => {
  expect(await run()).toEqual({ exitCode: 0, counts: { version: 1, current: 0, written: 3, replicating: 1, gone: 0, not_kept: 0, failed: 0 } });
  expect(await audited()).toHaveLength(4);
  expect(await begun()).toEqual([ACT]);
  expect(await run()).toMatchObject({ exitCode: 0, counts: { current: 4, written: 0, replicating: 0 } });

  const [endpoint] = testEnvironment.endpoints;
  const reference = parseReference(endpoint?.secretArn ?? '');
  const store = testEnvironment.stores.forTenant(testEnvironment.orgId);
  const current = await store.read(reference);
  if (!current) throw new Error('no secret');
  await store.replace(
    reference,
    current.text.map((text) => `${text} `),
    current.version,
  );
  expect(await run()).toMatchObject({ exitCode: 0, counts: { current: 3, written: 1 } });
  expect(await audited()).toHaveLength(5);
});

test('goes on with the others where one cannot be mended, and says so by its exit code', async () => {
  away.setFaults({ kind: 'error500', match: 'ssm', count: 1 });
  expect(await run()).toMatchObject({ exitCode: 1, counts: { current: 3, failed: 1 } });
});

test('is a wrong configuration where there is no second region', async () => {
  await expect(run('none')).rejects.toMatchObject({ code: 'config_invalid' });
});
