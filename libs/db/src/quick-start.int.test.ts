import { quickStartOf } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acquireExclusiveLease } from './leases/acquire.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase } from './testing.fixture.ts';
import { urlFor } from './testing.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

test('the example in the README takes a lease and gives it back', async () => {
  const { example } = (await quickStartOf(`${import.meta.dirname}/..`)) as {
    example: (url: string, orgId: string, endpointId: string) => Promise<string | null>;
  };
  const { orgId, endpointId } = await makeEndpoint(t.db, { portal: { code: 'quick' } });
  expect(await example(urlFor('rcm_agent', t.url), orgId, endpointId)).toBe('quick');
  expect(await t.sql('SELECT id FROM login_lease')).toEqual([]);
  const held = await acquireExclusiveLease(t.rotator, { orgId, endpointId, holder: 'rotator', ttlMs: 60_000, wantMs: 0 });
  expect([held.granted, await example(urlFor('rcm_agent', t.url), orgId, endpointId)]).toEqual([true, 'exclusive_held']);
});
