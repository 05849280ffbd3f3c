import { describe, expect, it } from 'vitest';
import { codeOf, newReference, newSlot, passwordOf, payloadText, rotatedText, type StoreUnderTest, tags } from './store-under-test.fixture.ts';

export function describeStaging(store: StoreUnderTest): void {
  const created = async () => {
    const text = payloadText('old', { note: 'kept' });
    return { text, ...(await store.open().create(newReference(store), text, tags)) };
  };

  describe('staging', () => {
    it('keeps a staged payload beside the current one', async () => {
      const { reference, text, version } = await created();
      const slot = newSlot(reference);
      const next = rotatedText(text, slot.attemptId);
      expect(await store.open().stage(slot, next)).toMatchObject({ adopted: false });
      expect((await store.open().readStaged(slot))?.text.reveal()).toBe(next.reveal());
      expect(await store.open().read(reference)).toMatchObject({ version });
      expect(passwordOf(await store.open().read(reference))).toBe('old');
    });

    it('lists the copies that are staged, and not those that were discarded', async () => {
      const { reference, text } = await created();
      expect(await store.open().listStaged(reference)).toEqual([]);
      const [first, second] = [newSlot(reference), newSlot(reference)];
      for (const slot of [first, second]) await store.open().stage(slot, rotatedText(text, slot.attemptId));
      expect([...(await store.open().listStaged(reference))].sort()).toEqual([first.attemptId, second.attemptId].sort());
      await store.open().discard(first);
      expect(await store.open().listStaged(reference)).toEqual([second.attemptId]);
    });

    it.skipIf(store.isLooserThanAws)(
      'knows no copies and no versions of a secret that is not there (not where the emulator answers with a web page)',
      async () => {
        expect(await store.open().listStaged(newReference(store))).toEqual([]);
        expect(await store.open().readBefore(newReference(store), 'f0f0f0f0-0000-4000-8000-000000000000')).toBeNull();
      },
    );

    it('gives back the payload of an earlier version by its name, as long as the store keeps it', async () => {
      const { reference, text, version } = await created();
      const slot = newSlot(reference);
      await store.open().stage(slot, rotatedText(text, slot.attemptId));
      const promoted = await store.open().promote(slot, version);
      expect(passwordOf(await store.open().readVersion(reference, version))).toBe('old');
      expect((await store.open().readVersion(reference, version))?.text.reveal()).toBe(text.reveal());
      expect((await store.open().readVersion(reference, promoted.version))?.version).toBe(promoted.version);
      expect(await store.open().readVersion(reference, '9'.repeat(9))).toBeNull();
      expect(await store.open().readVersion(reference, 'f0f0f0f0-0000-4000-8000-000000000000')).toBeNull();
      expect(await store.open().readVersion(newReference(store), version)).toBeNull();
    });

    it('gives back what was current before, as far as the store tells the order of its versions', async () => {
      const { reference, text, version } = await created();
      expect(await store.open().readBefore(reference, version)).toBeNull();
      const second = await store.open().replace(reference, rotatedText(text, newSlot(reference).attemptId, 'second'), version);
      const third = await store.open().replace(reference, rotatedText(text, newSlot(reference).attemptId, 'third'), second.version);
      const before = await store.open().readBefore(reference, third.version);
      expect([before?.version, before && passwordOf(before)]).toEqual([second.version, 'second']);
      const first = await store.open().readBefore(reference, second.version);
      expect([first?.version, first?.text.reveal()]).toEqual([version, text.reveal()]);
      expect(await store.open().readBefore(reference, 'f0f0f0f0-0000-4000-8000-000000000000')).toBeNull();
    });

    const { saveByHand } = store;
    it.skipIf(!saveByHand)(
      'passes over an earlier version that holds no text of ours, and never takes a current one for missing (where a store holds such)',
      async () => {
        if (!saveByHand) throw new Error('no such store');
        const { reference, text, version } = await created();
        const malformed = await saveByHand(reference, null);
        expect(await codeOf(store.open().read(reference))).toBe('payload_invalid');
        const corrected = await saveByHand(reference, text);
        expect(await store.open().readVersion(reference, malformed)).toBeNull();
        expect((await store.open().readBefore(reference, corrected))?.version).toBe(version);
        const slot = newSlot(reference);
        await store.open().stage(slot, rotatedText(text, slot.attemptId, 'new'));
        expect(await store.open().rehearse(slot, corrected)).toEqual({ overwritten: null });
        await store.open().promote(slot, corrected);
        expect(passwordOf(await store.open().read(reference))).toBe('new');
      },
    );

    it('adopts what the attempt has staged before, whatever is offered now', async () => {
      const { reference, text } = await created();
      const slot = newSlot(reference);
      await store.open().stage(slot, rotatedText(text, slot.attemptId, 'first'));
      const again = await store.open().stage(slot, rotatedText(text, slot.attemptId, 'second'));
      expect(again.adopted).toBe(true);
      expect(passwordOf(again)).toBe('first');
      expect(passwordOf(await store.open().readStaged(slot))).toBe('first');
    });

    it('promotes the staged payload once, however often it is asked', async () => {
      const { reference, text, version } = await created();
      const slot = newSlot(reference);
      const next = rotatedText(text, slot.attemptId);
      await store.open().stage(slot, next);
      const promoted = await store.open().promote(slot, version);
      expect(promoted.version).not.toBe(version);
      expect(await store.open().promote(slot, version)).toEqual(promoted);
      const current = await store.open().read(reference);
      expect(current?.text.reveal()).toBe(next.reveal());
      expect(current?.version).toBe(promoted.version);
    });

    it('deletes nothing when it promotes, and leaves current alone when it discards', async () => {
      const { reference, text, version } = await created();
      const slot = newSlot(reference);
      await store.open().stage(slot, rotatedText(text, slot.attemptId, 'new'));
      await store.open().promote(slot, version);
      expect(passwordOf(await store.open().readStaged(slot))).toBe('new');
      await store.open().discard(slot);
      await store.open().discard(slot);
      expect(await store.open().readStaged(slot)).toBeNull();
      expect(passwordOf(await store.open().read(reference))).toBe('new');
      expect(await store.open().promote(slot, version)).toMatchObject({ version: (await store.open().read(reference))?.version });
    });

    it('does not promote a discarded copy', async () => {
      const { reference, text, version } = await created();
      const slot = newSlot(reference);
      await store.open().stage(slot, rotatedText(text, slot.attemptId));
      await store.open().discard(slot);
      expect(await codeOf(store.open().promote(slot, version))).toBe('secret_missing');
      expect(passwordOf(await store.open().read(reference))).toBe('old');
    });

    it('does not promote over a version that the attempt was not planned on', async () => {
      const { reference, text, version } = await created();
      const slot = newSlot(reference);
      await store.open().stage(slot, rotatedText(text, slot.attemptId));
      const replaced = await store.open().replace(reference, payloadText('by a person'), version);
      expect(await codeOf(store.open().promote(slot, version))).toBe('store_conflict');
      expect(passwordOf(await store.open().read(reference))).toBe('by a person');
      expect((await store.open().read(reference))?.version).toBe(replaced.version);
      expect(await store.open().readStaged(slot)).not.toBeNull();
    });

    it('keeps the copy of an earlier attempt findable when another one is staged', async () => {
      const { reference, text } = await created();
      const [earlier, later] = [newSlot(reference), newSlot(reference)];
      await store.open().stage(earlier, rotatedText(text, earlier.attemptId, 'earlier'));
      await store.open().stage(later, rotatedText(text, later.attemptId, 'later'));
      expect(passwordOf(await store.open().readStaged(earlier))).toBe('earlier');
      await store.open().discard(later);
      expect(await store.open().readStaged(later)).toBeNull();
      expect(passwordOf(await store.open().readStaged(earlier))).toBe('earlier');
    });

    it('rotates again and again', async () => {
      const { reference, text, version } = await created();
      let base = version;
      for (const password of ['second', 'third', 'fourth']) {
        const slot = newSlot(reference);
        await store.open().stage(slot, rotatedText(text, slot.attemptId, password));
        base = (await store.open().promote(slot, base)).version;
        await store.open().discard(slot);
        expect(passwordOf(await store.open().read(reference))).toBe(password);
      }
    });
  });
}
