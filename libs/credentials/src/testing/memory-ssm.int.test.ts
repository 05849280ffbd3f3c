import { hasCode, RcmError } from '@rcm/telemetry';
import { backend } from '@rcm/test-services';
import { describe, expect, it } from 'vitest';
import { codeOf, newReference, newSlot, passwordOf, payloadText, rotatedText, tags } from '../stores/contract/store-under-test.fixture.ts';
import { describeStoreContract } from '../stores/contract.fixture.ts';
import { createMemorySsm } from './memory-ssm.ts';

describe.skipIf(backend() === 'containers')('Parameter Store in memory (needs no backend: once)', () => {
  const ssm = createMemorySsm();
  describeStoreContract({
    ...{ kind: 'ssm', isLooserThanAws: false, heedsNoPatterns: false, isInMemory: true },
    remove: async (reference) => ssm.remove(reference),
    open: (hook) => ssm.open(hook ? { before: (call) => hook(`${call}Command`, 'before'), after: (call) => hook(`${call}Command`, 'after') } : {}),
  });

  describe('for a test of who uses a store', () => {
    const down = () => Promise.reject(new RcmError('store_unavailable', 'down'));

    it('has no secret in common with another one', async () => {
      const [one, other] = [createMemorySsm(), createMemorySsm()];
      const { reference } = await one.open().create(newReference({ kind: 'ssm' }), payloadText('here'), tags);
      expect([passwordOf(await one.open().read(reference)), await other.open().read(reference)]).toEqual(['here', null]);
    });

    it('fails before a call, and nothing was done; after it, and it was', async () => {
      const { reference, version } = await ssm.open().create(newReference({ kind: 'ssm' }), payloadText('old'), tags);
      const replace = (hooks: Parameters<typeof ssm.open>[0], password: string) => ssm.open(hooks).replace(reference, payloadText(password), version);
      const when = (call: string) => (called: string) => (called === call ? down() : undefined);
      await expect(replace({ before: when('PutParameter') }, 'never')).rejects.toSatisfy((error) => hasCode(error, 'store_unavailable'));
      expect(passwordOf(await ssm.open().read(reference))).toBe('old');
      // The store looks whether its write was made, and finds it.
      expect(await codeOf(replace({ after: when('PutParameter') }, 'written'))).toBe('no error');
      expect(passwordOf(await ssm.open().read(reference))).toBe('written');
    });

    it('keeps what is staged apart from current', async () => {
      const store = ssm.open();
      const { reference } = await store.create(newReference({ kind: 'ssm' }), payloadText('old'), tags);
      const slot = newSlot(reference);
      await store.stage(slot, rotatedText(payloadText('old'), slot.attemptId));
      expect([await store.listStaged(reference), passwordOf(await store.read(reference))]).toEqual([[slot.attemptId], 'old']);
      ssm.remove(reference);
      expect([await store.listStaged(reference), await store.read(reference)]).toEqual([[slot.attemptId], null]);
    });
  });
});
