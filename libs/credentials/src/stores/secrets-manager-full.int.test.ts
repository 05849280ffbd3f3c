import { randomUUID } from 'node:crypto';
import { type LocalAws, startLocalAws } from '@rcm/local-aws';
import { backend } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, newReference, newSlot, passwordOf, payloadText, rotatedText, tags } from './contract/store-under-test.fixture.ts';
import { createSecretsManagerStore } from './secrets-manager.ts';
import type { ClosableSecretStore } from './store.ts';

// Only local-aws can be an account with room for one; on the containers backend there is nothing to ask for.
describe.skipIf(backend() === 'containers')('an account that is full of secrets (local-aws alone can have room for one)', () => {
  let aws: LocalAws;
  let store: ClosableSecretStore;

  beforeAll(async () => {
    aws = await startLocalAws({ secretLimit: 1 });
    store = createSecretsManagerStore({ endpoint: aws.endpoint, region: aws.region, credentials: aws.credentials, kmsKeyId: aws.kmsKeyArn });
  });
  afterAll(async () => {
    store.close();
    await aws.close();
  });

  it('says so of a new secret, and goes on rotating what is there', async () => {
    const made = await store.create(newReference({ kind: 'secrets-manager' }), payloadText('first'), tags);
    const second = newReference({ kind: 'secrets-manager' });
    await expect(store.create(second, payloadText('second'), tags)).rejects.toThrow(/has as many secrets in this region as it may/);
    expect(await codeOf(store.create(second, payloadText('second'), tags))).toBe('store_full');
    expect(await store.read(second)).toBeNull();
    // A staged copy is a version of the secret that is there: it needs no room.
    const slot = newSlot(made.reference, randomUUID());
    await store.stage(slot, rotatedText(payloadText('first'), slot.attemptId));
    await store.promote(slot, made.version);
    expect(passwordOf(await store.read(made.reference))).toBe(`new-of-${slot.attemptId}`);
  });
});
