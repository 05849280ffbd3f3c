import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { countSecrets } from './secret-counts.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

test('counts secrets, not endpoints, by organization and store, with the rotations of their portal types', async () => {
  const one = await makeEndpoint(t.db, { orgId: 'alpha' });
  await makeEndpoint(t.db, { orgId: 'alpha', secretArn: one.secretArn, loginIdentity: one.loginIdentity });
  await makeEndpoint(t.db, {
    orgId: 'alpha',
    secretArn: 'arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:rcm/test/alpha/endpoints/x/y-AbCdEf',
  });
  await makeEndpoint(t.db, { orgId: 'beta', secretArn: 'vault:kv/rcm/test/beta/endpoints/x/y', portal: { rotationIntervalDays: 73 } });
  const counts = (await countSecrets(t.db)).map((count) => ({ ...count, rotationsPerYear: Number(count.rotationsPerYear.toFixed(2)) }));
  expect(counts).toEqual([
    { orgId: 'alpha', store: 'secrets-manager', secrets: 1, rotationsPerYear: 6.08 },
    { orgId: 'alpha', store: 'ssm', secrets: 1, rotationsPerYear: 6.08 },
    { orgId: 'beta', store: 'vault', secrets: 1, rotationsPerYear: 5 },
  ]);
});
