import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { codeOf, newReference, newSlot, passwordOf, payloadText, rotatedText, tags } from './contract/store-under-test.fixture.ts';
import { createSecretsManagerStore } from './secrets-manager.ts';
import { createSsmStore } from './ssm.ts';
import type { ClosableSecretStore } from './store.ts';

// Only local-aws can fail on demand; on the containers backend there is nothing to ask for.
describe.skipIf(backend() === 'containers')('a store that is not well (local-aws alone can be told to fail)', () => {
  let aws: LocalAws;
  const opened: ClosableSecretStore[] = [];

  beforeAll(async () => {
    aws = await startLocalAws();
  });
  beforeEach(() => {
    aws.setFaults({ kind: 'none' });
  });
  afterAll(async () => {
    opened.forEach((store) => store.close());
    await aws.close();
  });

  const open = (kind: 'ssm' | 'secrets-manager', options: { readonly deadlineMs?: number; readonly endpoint?: string } = {}) => {
    const access = { endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials, kmsKeyId: aws.kmsKeyArn, ...options };
    const store = kind === 'ssm' ? createSsmStore(access) : createSecretsManagerStore(access);
    opened.push(store);
    return store;
  };
  const under = (kind: 'ssm' | 'secrets-manager') => ({ kind, tokensOverwrite: false, open: () => open(kind) });

  describe.each(['ssm', 'secrets-manager'] as const)('%s', (kind) => {
    it('fails with store_unavailable where it answers 500 or nothing', async () => {
      const reference = newReference(under(kind));
      for (const fault of ['error500', 'drop', 'down'] as const) {
        aws.setFaults({ kind: fault });
        expect(await codeOf(open(kind).read(reference))).toBe('store_unavailable');
      }
      expect(await codeOf(open(kind, { endpoint: 'http://127.0.0.1:9' }).read(reference))).toBe('store_unavailable');
    });

    it('gets over two failures by asking again', async () => {
      aws.setFaults({ kind: 'error500', count: 2 });
      expect(await open(kind).read(newReference(under(kind)))).toBeNull();
    });

    it('fails with deadline_exceeded where it is too slow', async () => {
      aws.setFaults({ kind: 'slow', delayMs: 3_000, count: 1 });
      expect(await codeOf(open(kind, { deadlineMs: 100 }).read(newReference(under(kind))))).toBe('deadline_exceeded');
    });

    it('promotes once where the answer to its write is lost', async () => {
      const store = open(kind);
      const { reference, version } = await store.create(newReference(under(kind)), payloadText('old'), tags);
      const slot = newSlot(reference);
      await store.stage(slot, rotatedText(payloadText('old'), slot.attemptId, 'new'));
      aws.setFaults({ kind: 'drop', when: 'after', count: 1, match: kind === 'ssm' ? 'ssm:PutParameter' : 'secretsmanager:UpdateSecretVersionStage' });
      const promoted = await store.promote(slot, version);
      expect(promoted.version).toBe(kind === 'ssm' ? '2' : slot.attemptId);
      expect(await store.read(reference)).toMatchObject(promoted);
    });

    it('stages once where the answer to its write is lost', async () => {
      const store = open(kind);
      const { reference } = await store.create(newReference(under(kind)), payloadText('old'), tags);
      const slot = newSlot(reference);
      aws.setFaults({ kind: 'drop', when: 'after', count: 1, match: kind === 'ssm' ? 'ssm:PutParameter' : 'secretsmanager:PutSecretValue' });
      const staged = await store.stage(slot, rotatedText(payloadText('old'), slot.attemptId, 'new'));
      expect(passwordOf(staged)).toBe('new');
      expect(passwordOf(await store.readStaged(slot))).toBe('new');
    });
  });

  it('fails with store_throttled over its rate', async () => {
    const throttled = await startLocalAws({ quotas: { writes: 1, reads: 1 } });
    const options = { endpoint: throttled.endpoint, region: throttled.region, credentials: throttled.credentials, kmsKeyId: throttled.kmsKeyArn };
    const [patient, hasty] = [createSsmStore(options), createSsmStore({ ...options, maxAttempts: 1 })];
    try {
      const { reference } = await patient.create(newReference(under('ssm')), payloadText('old'), tags);
      expect(await codeOf(Promise.all(Array.from({ length: 5 }, () => hasty.read(reference))))).toBe('store_throttled');
    } finally {
      patient.close();
      hasty.close();
      await throttled.close();
    }
  });

  it('keeps a size beyond the standard tier in the advanced one where that is allowed, also when it shrinks again', async () => {
    const large = createSsmStore({
      endpoint: aws.endpoint,
      region: aws.region,
      credentials: aws.credentials,
      kmsKeyId: aws.kmsKeyArn,
      largestTier: 'Advanced',
    });
    opened.push(large);
    const reference = newReference(under('ssm'));
    expect(await codeOf(open('ssm').create(reference, payloadText('x'.repeat(5000)), tags))).toBe('payload_too_large');
    const { version } = await large.create(reference, payloadText('x'.repeat(5000)), tags);
    const shrunk = await large.replace(reference, payloadText('small'), version);
    expect((await large.replace(reference, payloadText('y'.repeat(6000)), shrunk.version)).version).toBe('3');
  });
});
