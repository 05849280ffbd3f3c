import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { createMetrics, RcmError } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createReplicatedReaders, createReplicatedStores } from '../failover/replicated.ts';
import { ManualClock } from '../reading/manual-clock.fixture.ts';
import { codeOf, newSlot, passwordOf, payloadText, rotatedText } from '../stores/contract/store-under-test.fixture.ts';
import { createSsmStore } from '../stores/ssm.ts';
import type { TestAws } from '../stores/test-aws.fixture.ts';
import { createTenantReaders, type TenantStoresOptions } from './tenant-stores.ts';
import { referenceOf, tagsOf, TenantsUnderTest } from './tenants-under-test.fixture.ts';

let tested: TenantsUnderTest;
let aws: TestAws;

beforeAll(async () => {
  tested = await TenantsUnderTest.open();
  aws = tested.aws;
});
afterAll(() => tested.close());

const configCode = (options: Partial<TenantStoresOptions>) => {
  try {
    tested.stores(options);
    return 'accepted';
  } catch (error) {
    return error instanceof RcmError ? error.code : String(error);
  }
};

describe('tenant stores', () => {
  it.each(['ssm', 'secrets-manager'] as const)('reach a tenant’s secrets in %s with the tenant’s own session', async (kind) => {
    const store = tested.stores().forTenant('hospital-a');
    const { reference, version } = await store.create(referenceOf('hospital-a', kind), payloadText('old'), tagsOf('hospital-a'));
    const slot = { ...newSlot(reference), tags: tagsOf('hospital-a') };
    await store.stage(slot, rotatedText(payloadText('old'), slot.attemptId, 'new'));
    await store.promote(slot, version);
    await store.discard(slot);
    expect(passwordOf(await store.read(reference))).toBe('new');
  });

  it('read from both stores in one go', async () => {
    const store = tested.stores().forTenant('hospital-a');
    const made = await Promise.all(
      (['ssm', 'secrets-manager'] as const).map((kind) => store.create(referenceOf('hospital-a', kind), payloadText(kind), tagsOf('hospital-a'))),
    );
    const answers = [...(await store.readMany(made.map(({ reference }) => reference))).values()];
    expect(answers.map((answer) => passwordOf(answer as never)).sort()).toEqual(['secrets-manager', 'ssm']);
  });

  it('refuse another tenant’s reference whatever is asked', async () => {
    expect(await codeOf(tested.stores().forTenant('hospital-a').read(referenceOf('hospital-b')))).toBe('reference_not_yours');
  });

  it('go on when a tenant’s clients were closed to make room', async () => {
    const stores = tested.stores({ roleArn: aws.roleArn, maxTenants: 1 });
    const { reference } = await stores.forTenant('hospital-a').create(referenceOf('hospital-a'), payloadText('a'), tagsOf('hospital-a'));
    const reads = Array.from({ length: 6 }, (_, i) =>
      i % 2 === 0 ? stores.forTenant('hospital-a').read(reference) : stores.forTenant('hospital-b').read(referenceOf('hospital-b')),
    );
    expect((await Promise.all(reads)).map(passwordOf)).toEqual(['a', null, 'a', null, 'a', null]);
  });

  it('of a dedicated deployment serve its one organization with the process’s own credentials', async () => {
    const stores = tested.stores({ dedicatedOrgId: 'hospital-a', accountId: '123456789012' });
    const { reference } = await stores.forTenant('hospital-a').create(referenceOf('hospital-a'), payloadText('own'), tagsOf('hospital-a'));
    expect(passwordOf(await stores.forTenant('hospital-a').read(reference))).toBe('own');
    expect(() => stores.forTenant('hospital-b')).toThrow(RcmError);
  });

  it('need a role or a dedicated organization, and not both', () => {
    expect(configCode({})).toBe('config_invalid');
    expect(configCode({ roleArn: aws.roleArn, dedicatedOrgId: 'hospital-a' })).toBe('config_invalid');
  });

  it('of an agent have nothing but reading in them', async () => {
    const readers = createTenantReaders({ ...tested.shared, roleArn: aws.roleArn });
    tested.closing(() => readers.close());
    const reader = readers.forTenant('hospital-a');
    expect(Object.keys(reader).sort()).toEqual(['batchSize', 'read', 'readMany']);
    expect(await reader.read(referenceOf('hospital-a'))).toBeNull();
  });
});

describe('tenant sessions', () => {
  afterEach(() => aws.local?.setFaults({ kind: 'none' }));
  it('are assumed once for all who ask at the same time, and one per tenant', async () => {
    const sessions = tested.sessions({ clock: new ManualClock(Date.now()) });
    const all = await Promise.all(Array.from({ length: 20 }, () => sessions.get('hospital-a')));
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId)).size).toBe(1);
    expect((await sessions.get('hospital-b')).accessKeyId).not.toBe(all[0]?.accessKeyId);
  });

  it('name the process that asked in whatever AWS records of them', async () => {
    const sessions = tested.sessions({ processName: 'web-agent@host-1:4711' });
    const sts = new STSClient({ ...aws.access, credentials: await sessions.get('hospital-a') });
    expect((await sts.send(new GetCallerIdentityCommand({}))).Arn).toMatch(/:assumed-role\/[^/]+\/web-agent@host-1-4711$/);
    sts.destroy();
  });

  it('are renewed from five minutes before they end', async () => {
    const clock = new ManualClock(Date.now());
    const sessions = tested.sessions({ clock });
    const first = await sessions.get('hospital-a');
    clock.forward(first.expiration.getTime() - 300_001 - clock.now().getTime());
    expect((await sessions.get('hospital-a')).accessKeyId).toBe(first.accessKeyId);
    clock.forward(1);
    await expect.poll(async () => (await sessions.get('hospital-a')).accessKeyId, { timeout: 20_000 }).not.toBe(first.accessKeyId);
  });

  it.skipIf(backend() === 'containers')(
    'are handed out at once while they are renewed, by one call, also where STS hangs (the emulator in containers has no faults)',
    async () => {
      const clock = new ManualClock(Date.now());
      const sessions = tested.sessions({ clock });
      const first = await sessions.get('hospital-a');
      clock.forward(first.expiration.getTime() - 299_000 - clock.now().getTime());
      aws.local?.setFaults({ match: 'sts', kind: 'slow', delayMs: 10_000, count: 1 });
      const asked = performance.now();
      const due = await Promise.all(Array.from({ length: 20 }, () => sessions.get('hospital-a')));
      expect(performance.now() - asked).toBeLessThan(5_000);
      expect(new Set(due.map(({ accessKeyId }) => accessKeyId))).toEqual(new Set([first.accessKeyId]));
      await expect.poll(async () => (await sessions.get('hospital-a')).accessKeyId, { timeout: 30_000 }).not.toBe(first.accessKeyId);
    },
  );

  it.skipIf(backend() === 'containers')(
    'that are due are asked for again every ten seconds while STS is down, not by every caller (the emulator in containers has no faults)',
    async () => {
      const clock = new ManualClock(Date.now());
      const metrics = createMetrics();
      const sessions = tested.sessions({ maxAttempts: 1, clock, metrics });
      const kept = async () => Number(/outcome="kept"\} (\d+)/.exec(await metrics.exposition())?.[1] ?? 0);
      const first = await sessions.get('hospital-a');
      aws.local?.setFaults({ match: 'sts', kind: 'down' });
      clock.forward(first.expiration.getTime() - 200_000 - clock.now().getTime());
      await sessions.get('hospital-a');
      await expect.poll(kept).toBe(1);
      for (let i = 0; i < 20; i += 1) expect((await sessions.get('hospital-a')).accessKeyId).toBe(first.accessKeyId);
      clock.forward(10_000);
      await sessions.get('hospital-a');
      await expect.poll(kept).toBe(2);
      aws.local?.setFaults({ kind: 'none' });
      clock.forward(10_000);
      await expect.poll(async () => (await sessions.get('hospital-a')).accessKeyId, { timeout: 20_000 }).not.toBe(first.accessKeyId);
    },
  );

  it('are bounded in number', async () => {
    const sessions = tested.sessions({ clock: new ManualClock(Date.now()), maxSessions: 1 });
    const first = await sessions.get('hospital-a');
    await sessions.get('hospital-b');
    expect((await sessions.get('hospital-a')).accessKeyId).not.toBe(first.accessKeyId);
  });

  it.skipIf(backend() === 'containers')(
    'are used to their end where STS is not to be reached (the emulator in containers has no faults), and counted',
    async () => {
      const clock = new ManualClock(Date.now());
      const metrics = createMetrics();
      const sessions = tested.sessions({ maxAttempts: 1, clock, metrics });
      const first = await sessions.get('hospital-a');
      aws.local?.setFaults({ match: 'sts', kind: 'down' });
      clock.forward(first.expiration.getTime() - 1_000 - clock.now().getTime());
      expect((await sessions.get('hospital-a')).accessKeyId).toBe(first.accessKeyId);
      clock.forward(1_000);
      expect(await codeOf(sessions.get('hospital-a'))).toBe('store_unavailable');
      aws.local?.setFaults({ kind: 'none' });
      expect((await sessions.get('hospital-a')).accessKeyId).not.toBe(first.accessKeyId);
      const text = await metrics.exposition();
      for (const [outcome, times] of Object.entries({ assumed: 2, kept: 1, failed: 1 }))
        expect(text).toContain(`rcm_tenant_sessions_total{region="us-east-1",outcome="${outcome}"} ${times}`);
    },
  );

  it('of an app are counted, whether it reads or writes', async () => {
    const options = { stores: { ...tested.shared, roleArn: aws.roleArn }, replica: {} };
    const [ofAgent, ofRotator] = [createMetrics(), createMetrics()];
    const readers = createReplicatedReaders({ ...options, metrics: ofAgent, onTurn: () => undefined });
    const { stores } = createReplicatedStores({ ...options, metrics: ofRotator, onBehind: () => undefined });
    tested.closing(() => Promise.all([readers.close(), stores.close()]).then(() => undefined));
    for (const [tenants, metrics] of [
      [readers, ofAgent],
      [stores, ofRotator],
    ] as const) {
      await tenants.forTenant('hospital-a').read(referenceOf('hospital-a'));
      expect(await metrics.exposition()).toContain('rcm_tenant_sessions_held{region="us-east-1"} 1');
    }
  });

  it('may have the longest id that an organization can have', async () => {
    expect((await tested.sessions({ clock: new ManualClock(Date.now()) }).get('x'.repeat(63))).accessKeyId).toBeTruthy();
  });

  // Only the strict double confines a session to its tags; LocalStack's free image and moto let every session do everything.
  it.skipIf(backend() === 'containers')(
    'cannot read another tenant’s secret, even where our own check is not in the way (the emulator enforces no policies)',
    async () => {
      const stores = tested.stores();
      const { reference } = await stores.forTenant('hospital-b').create(referenceOf('hospital-b'), payloadText('b'), tagsOf('hospital-b'));
      const session = await tested.sessions({ clock: new ManualClock(Date.now()) }).get('hospital-a');
      const asHospitalA = createSsmStore({ ...aws.access, credentials: session, kmsKeyId: aws.kmsKeyId });
      tested.closing(() => asHospitalA.close());
      const own = await stores.forTenant('hospital-a').create(referenceOf('hospital-a'), payloadText('a'), tagsOf('hospital-a'));
      expect(await codeOf(asHospitalA.read(reference))).toBe('store_denied');
      const answers = [...(await asHospitalA.readMany([reference, own.reference])).values()];
      expect(answers.map((answer) => (answer instanceof RcmError ? answer.code : passwordOf(answer)))).toEqual(['store_denied', 'a']);
    },
  );
});
