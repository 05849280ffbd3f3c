import { randomUUID } from 'node:crypto';
import { DescribeParametersCommand, SSMClient } from '@aws-sdk/client-ssm';
import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, newReference, newSlot, passwordOf, payloadText, rotatedText, tags } from './contract/store-under-test.fixture.ts';
import type { SsmTier } from './size-policy.ts';
import { createSsmStore } from './ssm.ts';
import type { ClosableSecretStore } from './store.ts';

const ROOM = 2;

// Only local-aws can be an account with room for two; on the containers backend there is nothing to ask for.
describe.skipIf(backend() === 'containers')('an account that is full of standard parameters (local-aws alone can have room for two)', () => {
  let aws: LocalAws;
  let client: SSMClient;
  const stores: ClosableSecretStore[] = [];

  beforeAll(async () => {
    aws = await startLocalAws({ parameterLimits: { Standard: ROOM } });
    client = new SSMClient({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials });
  });
  afterAll(async () => {
    for (const store of stores) store.close();
    client.destroy();
    await aws.close();
  });

  const open = (largestTier: SsmTier): ClosableSecretStore => {
    const store = createSsmStore({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials, kmsKeyId: aws.kmsKeyArn, largestTier });
    stores.push(store);
    return store;
  };
  const tiers = async () => {
    const { Parameters = [] } = await client.send(new DescribeParametersCommand({}));
    return Parameters.map(({ Tier }) => Tier).sort();
  };

  it('says so, where only that tier may be used, and takes the other for what is beyond where it may', async () => {
    const [standard, advanced] = [open('Standard'), open('Advanced')];
    const made = await standard.create(newReference({ kind: 'ssm' }), payloadText('first'), tags);
    await advanced.create(newReference({ kind: 'ssm' }), payloadText('second'), tags);
    expect(await tiers()).toEqual(['Standard', 'Standard']);

    const third = newReference({ kind: 'ssm' });
    const refused = standard.create(third, payloadText('third'), tags);
    await expect(refused).rejects.toThrow(/has no room for another parameter.*RCM_LARGE_PAYLOADS=advanced/);
    expect(await codeOf(standard.create(third, payloadText('third'), tags))).toBe('store_full');
    // A rotation finds out before its portal is touched.
    const slot = newSlot(made.reference, randomUUID());
    const rotated = rotatedText(payloadText('first'), slot.attemptId);
    expect(await codeOf(standard.stage(slot, rotated))).toBe('store_full');
    expect(await tiers()).toEqual(['Standard', 'Standard']);

    await advanced.create(third, payloadText('third'), tags);
    await advanced.stage(slot, rotated);
    expect(await tiers()).toEqual(['Advanced', 'Advanced', 'Standard', 'Standard']);
    await advanced.rehearse(slot, made.version, { text: rotated });
    await advanced.promote(slot, made.version);
    await advanced.discard(slot);
    expect(passwordOf(await advanced.read(made.reference))).toBe(`new-of-${slot.attemptId}`);
    expect(passwordOf(await standard.read(third))).toBe('third');
    // What is there keeps its tier.
    expect(await tiers()).toEqual(['Advanced', 'Standard', 'Standard']);
  });
});
