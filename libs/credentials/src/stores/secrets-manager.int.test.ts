import { backend } from '@rcm/test-services';
import { describe, expect, it } from 'vitest';
import { awsStore } from './contract/aws-store.fixture.ts';
import { codeOf, newReference, newSlot, passwordOf, payloadText, rotatedText, tags } from './contract/store-under-test.fixture.ts';
import { describeStoreContract } from './contract.fixture.ts';

describe('Secrets Manager', () => {
  const store = awsStore('secrets-manager');
  describeStoreContract(store);

  // Moto, below LocalStack, knows no limit of 20 labels.
  it.skipIf(backend() === 'containers')(
    'stages only as many copies as leave room to promote one, and goes on after a discard (the emulator has no limit)',
    async () => {
      const { reference, version } = await store.open().create(newReference(store), payloadText('old'), tags);
      const slots = Array.from({ length: 15 }, () => newSlot(reference));
      const ends: string[] = [];
      for (const slot of slots) ends.push(await codeOf(store.open().stage(slot, rotatedText(payloadText('old'), slot.attemptId))));
      expect(ends).toEqual([...Array.from({ length: 14 }, () => 'no error'), 'store_denied']);
      const [first, second, last] = [slots[0], slots[1], slots[14]];
      if (!first || !second || !last) throw new Error('no slots');
      // Full, and still there is room for AWSPREVIOUS and for a person's edit.
      const promoted = await store.open().promote(second, version);
      const replaced = await store.open().replace(reference, payloadText('by a person'), promoted.version);
      await store.open().discard(first);
      await store.open().stage(last, rotatedText(payloadText('by a person'), last.attemptId, 'fits now'));
      await store.open().promote(last, replaced.version);
      expect(passwordOf(await store.open().read(reference))).toBe('fits now');
    },
  );
});
