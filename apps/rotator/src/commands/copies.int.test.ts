import { createCopyingStores, createTenantStores, parseReference } from '@rcm/credentials';
import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { createLogger, createMetrics, systemClock } from '@rcm/telemetry';
import { openWorld, type World } from '@rcm/test-world';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { RotatorProcess } from '../services.ts';
import { copiesCommand } from './copies.ts';

const REGION = 'us-west-2';
let world: World;
const ACT = { actor: 'person:os:jane@host', reason: 'the second region was away' };
let away: LocalAws;
let replica: ReturnType<typeof createTenantStores>;

beforeAll(async () => {
  [world, away] = await Promise.all([openWorld({ endpoints: ['alpine', 'alpine', 'alpine'] }), startLocalAws({ region: REGION })]);
  const { endpoint, credentials } = away;
  replica = createTenantStores({
    region: REGION,
    endpoint,
    credentials,
    environment: world.environmentName,
    kmsKeyId: away.kmsKeyArn,
    roleArn: away.tenantRoleArn('rotator'),
    maxAttempts: 1,
  });
});
afterAll(async () => {
  await replica?.close();
  await Promise.all([world?.close(), away?.close()]);
});
afterEach(() => vi.restoreAllMocks());

/** The command on the world's own database and store; `secondRegion` may be none. */
async function run(secondRegion: 'there' | 'none' = 'there') {
  const copies = createCopyingStores({ primary: world.stores, replica, replicaRegion: REGION, metrics: createMetrics() });
  const rotator = { environment: world.environmentName, owner: 'rotator@test', clock: systemClock, logger: createLogger({ name: 'test', level: 'silent' }) };
  const opened = { db: world.db, copies: secondRegion === 'there' ? copies : null, rotator } as unknown as RotatorProcess;
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const exitCode = await copiesCommand({ opened, json: true, signal: new AbortController().signal }, ACT);
  return { exitCode, counts: JSON.parse(String(written.mock.lastCall?.[0])) as Record<string, number> };
}

const audited = () =>
  world.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ subject: string }[]>`SELECT subject FROM audit_event WHERE action = 'secret.copy' ORDER BY subject`,
  );

/** What the audit trail says of who began it. */
const begun = () =>
  world.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ actor: string; reason: string }[]>`SELECT actor, reason FROM audit_event WHERE action = 'secret.copies' AND org_id = ${world.orgId}`,
  );

test('makes every copy that is missing or behind, each after its audit event; the second time there is nothing to do', async () => {
  expect(await run()).toEqual({ exitCode: 0, counts: { version: 1, current: 0, written: 3, gone: 0, not_kept: 0, failed: 0 } });
  expect(await audited()).toHaveLength(3);
  expect(await begun()).toEqual([ACT]);
  expect(await run()).toMatchObject({ exitCode: 0, counts: { current: 3, written: 0 } });

  const [endpoint] = world.endpoints;
  const reference = parseReference(endpoint?.secretArn ?? '');
  const store = world.stores.forTenant(world.orgId);
  const current = await store.read(reference);
  if (!current) throw new Error('no secret');
  await store.replace(
    reference,
    current.text.map((text) => `${text} `),
    current.version,
  );
  expect(await run()).toMatchObject({ exitCode: 0, counts: { current: 2, written: 1 } });
  expect(await audited()).toHaveLength(4);
});

test('goes on with the others where one cannot be mended, and says so by its exit code', async () => {
  away.setFaults({ kind: 'error500', match: 'ssm', count: 1 });
  expect(await run()).toMatchObject({ exitCode: 1, counts: { current: 2, failed: 1 } });
});

test('is a wrong configuration where there is no second region', async () => {
  await expect(run('none')).rejects.toMatchObject({ code: 'config_invalid' });
});
