import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeFaults, type Failure } from './contract/faults.fixture.ts';
import { codeOf, newReference, payloadText, tags } from './contract/store-under-test.fixture.ts';
import { createSecretsManagerStore } from './secrets-manager.ts';
import { createSsmStore } from './ssm.ts';
import type { ClosableSecretStore } from './store.ts';

const localFault = (kind: Failure['kind']) => ({ kind: kind === 'error' ? ('error500' as const) : kind });

const WRITES = {
  ssm: { create: 'ssm:PutParameter', promote: 'ssm:PutParameter', stage: 'ssm:PutParameter' },
  'secrets-manager': { create: 'secretsmanager:CreateSecret', promote: 'secretsmanager:UpdateSecretVersionStage', stage: 'secretsmanager:PutSecretValue' },
} as const;
const matching = (kind: keyof typeof WRITES, hits: Failure['hits']) => (hits ? { match: WRITES[kind][hits] } : {});

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

  const open = (kind: 'ssm' | 'secrets-manager', { address, ...options }: { readonly deadlineMs?: number; readonly address?: string } = {}) => {
    const access = { endpoint: address ?? aws.endpoint, region: aws.region, credentials: aws.credentials, kmsKeyId: aws.kmsKeyArn, ...options };
    const store = kind === 'ssm' ? createSsmStore(access) : createSecretsManagerStore(access);
    opened.push(store);
    return store;
  };

  describe.each(['ssm', 'secrets-manager'] as const)('%s', (kind) => {
    describeFaults({
      kind,
      open: (options) => open(kind, options),
      fail: ({ hits, kind: what, ...rest }) => aws.setFaults({ ...rest, ...localFault(what), ...matching(kind, hits) }),
    });
  });

  it('fails with store_throttled over its rate', async () => {
    const throttled = await startLocalAws({ quotas: { writes: 1, reads: 1 } });
    const options = { endpoint: throttled.endpoint, region: throttled.region, credentials: throttled.credentials, kmsKeyId: throttled.kmsKeyArn };
    const [patient, hasty] = [createSsmStore(options), createSsmStore({ ...options, maxAttempts: 1 })];
    try {
      const { reference } = await patient.create(newReference({ kind: 'ssm' }), payloadText('old'), tags);
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
    const reference = newReference({ kind: 'ssm' });
    expect(await codeOf(open('ssm').create(reference, payloadText('x'.repeat(5000)), tags))).toBe('payload_too_large');
    const { version } = await large.create(reference, payloadText('x'.repeat(5000)), tags);
    const shrunk = await large.replace(reference, payloadText('small'), version);
    expect((await large.replace(reference, payloadText('y'.repeat(6000)), shrunk.version)).version).toBe('3');
  });
});
