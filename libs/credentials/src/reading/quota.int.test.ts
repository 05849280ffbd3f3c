import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { createMetrics, Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { credentialReference, type SecretReference } from '../reference.ts';
import { createTenantReaders, createTenantStores } from '../tenancy/tenant-stores.ts';
import { createCredentialManager } from './credential-manager.ts';

/** So few that 60 first calls are too many even where each takes a second. */
const QUOTA = 8;
const [TENANTS, EACH] = [4, 50];
let aws: LocalAws;
let references: readonly SecretReference[];

beforeAll(async () => {
  aws = await startLocalAws({ quotas: { reads: QUOTA } });
  references = Array.from({ length: TENANTS * EACH }, (_, i) =>
    credentialReference({
      store: 'ssm',
      partition: 'aws',
      region: aws.region,
      accountId: aws.accountId,
      environment: 'test',
      orgId: `hospital-${i % TENANTS}`,
      endpointId: `endpoint-${i}`,
      portalAccountId: 'account',
    }),
  );
  const writers = createTenantStores({ ...access('rotator'), maxAttempts: 1 });
  for (const reference of references) {
    const { organizationId, endpointId } = reference;
    const text = new Secret(JSON.stringify({ username: endpointId, password: 'p' }));
    await writers.forTenant(organizationId).create(reference, text, { TenantId: organizationId, Environment: 'test', PortalType: 'alpine' });
  }
  await writers.close();
});
afterAll(() => aws?.close());

const access = (role: 'agent' | 'rotator') => {
  const { region, endpoint, credentials, kmsKeyArn } = aws;
  return { region, endpoint, credentials, environment: 'test', kmsKeyId: kmsKeyArn, roleArn: aws.tenantRoleArn(role) };
};

function agent(ssmCallsPerSecond: number) {
  const metrics = createMetrics();
  const stores = createTenantReaders(access('agent'));
  const manager = createCredentialManager({ stores, metrics, ssmCallsPerSecond, readDeadlineMs: 120_000 });
  return {
    readAll: () => Promise.all(references.map((reference) => manager.get({ orgId: reference.organizationId, reference, version: null }))),
    metric: async (line: string) =>
      Number(
        (await metrics.exposition())
          .split('\n')
          .find((text) => text.startsWith(`${line} `))
          ?.split(' ')
          .at(-1) ?? 0,
      ),
    close: () => stores.close(),
  };
}

test('several agents that each take the whole quota for theirs are throttled, slow down, and read everything without an error', async () => {
  const agents = Array.from({ length: 3 }, () => agent(QUOTA));
  const read = await Promise.all(agents.map((each) => each.readAll()));
  for (const held of read) expect(held.map(({ payload }) => payload.reveal().username)).toEqual(references.map(({ endpointId }) => endpointId));
  const throttles = await Promise.all(agents.map((each) => each.metric('rcm_credential_throttles_total{store="ssm"}')));
  expect(Math.max(...throttles)).toBeGreaterThan(0);
  for (const each of agents) {
    expect(await each.metric('rcm_credential_misses_total{served="store"}')).toBe(references.length);
    expect(await each.metric('rcm_credential_reads_waiting{store="ssm"}')).toBe(0);
    await each.close();
  }
});
