import { SecretsManagerClient, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import { backend } from '@rcm/test-services';
import { describe, expect, it } from 'vitest';
import { awsStore } from './contract/aws-store.fixture.ts';
import { codeOf, newReference, newSlot, passwordOf, payloadText, rotatedText, tags } from './contract/store-under-test.fixture.ts';
import { formatReference } from '../reference.ts';
import { clientOptions } from './aws-client.ts';
import { describeStoreContract } from './contract.fixture.ts';
import { createSecretsManagerStore } from './secrets-manager.ts';
import { openTestAws } from './test-aws.fixture.ts';

describe('Secrets Manager', () => {
  const store = awsStore('secrets-manager');
  describeStoreContract(store);

  describe.skipIf(backend() === 'containers')('whose labels somebody has taken away (moto overwrites a version)', () => {
    const open = async () => {
      const aws = await openTestAws();
      const client = new SecretsManagerClient(clientOptions(aws.access));
      const own = createSecretsManagerStore({ ...aws.access, kmsKeyId: aws.kmsKeyId });
      const { reference } = await own.create(newReference(store), payloadText('old'), tags);
      const slot = newSlot(reference);
      const text = rotatedText(payloadText('old'), slot.attemptId, 'new');
      await own.stage(slot, text);
      const move = (VersionStage: string, to: { readonly RemoveFromVersionId?: string; readonly MoveToVersionId?: string }) =>
        client.send(new UpdateSecretVersionStageCommand({ SecretId: formatReference(reference), VersionStage, ...to }));
      await move('AWSPENDING', { RemoveFromVersionId: slot.attemptId });
      await move(`rcm-staged-${slot.attemptId}`, { RemoveFromVersionId: slot.attemptId });
      const close = async () => {
        own.close();
        client.destroy();
        await aws.close();
      };
      return { own, reference, slot, text, move, close };
    };

    it('has what an attempt had staged again once it is staged again, whatever is offered then', async () => {
      for (const offered of ['the same', 'another']) {
        const { own, reference, slot, text, close } = await open();
        expect(await own.readStaged(slot)).toBeNull();
        const staged = await own.stage(slot, offered === 'another' ? rotatedText(payloadText('old'), slot.attemptId, 'another') : text);
        expect([passwordOf(staged), staged.adopted]).toEqual(['new', true]);
        expect(passwordOf(await own.readStaged(slot))).toBe('new');
        expect(await own.listStaged(reference)).toEqual([slot.attemptId]);
        await close();
      }
    });

    it('does not say that it is staged where the label was given to another version', async () => {
      const { own, reference, slot, text, move, close } = await open();
      const current = (await own.read(reference))?.version ?? '';
      await move(`rcm-staged-${slot.attemptId}`, { MoveToVersionId: current });
      expect(await codeOf(own.stage(slot, text))).toBe('store_conflict');
      await close();
    });
  });

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
