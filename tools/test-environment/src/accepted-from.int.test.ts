import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestEnvironment, type TestEnvironment } from './test-environment.ts';

const STORES = ['ssm', 'secrets-manager', 'vault'] as const;
const PASSWORD = 'Another-one-47-b';
const ATTEMPT = '0b7d1c8e-55a4-4d5e-9a70-2f8d3c1b6e90';

let testEnvironment: TestEnvironment;
beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: [] });
});
afterAll(() => testEnvironment.close());

it.each(STORES)('finds what a portal accepts as current, as the copy of a rotation, as what was current before, and nowhere: %s', async (kind) => {
  const { id, orgId, portal, username, secretArn } = await testEnvironment.addEndpoint('alpine', kind);
  const [store, current] = [testEnvironment.rotatorStores.forTenant(orgId), parseReference(secretArn)];
  const holding = async (password: string) => {
    const payload = parsePayload((await store.read(current))?.text ?? new Secret('{}')).reveal();
    return serializePayload(parsePayload(new Secret(JSON.stringify({ ...payload, password, metadata: { rotation_attempt_id: ATTEMPT } }))));
  };
  const atPortal = (password: string) => testEnvironment.portals.createAccount({ portal, username, password });
  const seen = () => Promise.all([testEnvironment.acceptedFrom(id), testEnvironment.portalAcceptsStore(id)]);
  expect(await seen()).toEqual(['current', true]);

  await atPortal(PASSWORD);
  expect(await seen()).toEqual(['none', false]);

  const slot = { current, attemptId: ATTEMPT, tags: { TenantId: orgId, Environment: testEnvironment.environmentName, PortalType: portal } };
  await store.stage(slot, await holding(PASSWORD));
  expect(await seen()).toEqual(['copy', false]);

  const base = (await store.read(current))?.version ?? '';
  await store.promote(slot, base);
  expect(await seen()).toEqual(['current', true]);

  await store.discard(slot);
  await store.replace(current, await holding('A-third-one-88-c'), (await store.read(current))?.version ?? '');
  expect(await seen()).toEqual(['copy', false]);
});
