import { Secret } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import { parsePayload, serializePayload } from '../../payload.ts';
import type { StagedSlot } from '../store.ts';
import { codeOf, newReference, newSlot, passwordOf, payloadText, rotatedText, type StoreUnderTest, tags } from './store-under-test.fixture.ts';

export function describeRehearsal(store: StoreUnderTest): void {
  const scene = async () => {
    const first = payloadText('old', { note: 'as it was' });
    const { reference, version } = await store.open().create(newReference(store), first, tags);
    const slot = newSlot(reference);
    const { text } = await store.open().stage(slot, rotatedText(first, slot.attemptId, 'new'));
    return { first, slot, version, text };
  };
  const everything = async (slot: StagedSlot) => ({
    current: await store.open().read(slot.current),
    staged: await store.open().readStaged(slot),
    copies: await store.open().listStaged(slot.current),
  });

  // Moto, below LocalStack, heeds no AllowedPattern: there the first rehearsal of a process is told so.
  describe.skipIf(store.heedsNoPatterns)('a rehearsal (not where the emulator ignores patterns)', () => {
    it('changes nothing that can be seen, however often, and promote then does what it would have done', async () => {
      const { slot, version, text } = await scene();
      const before = await everything(slot);
      for (let times = 0; times < 2; times += 1) expect(await store.open().rehearse(slot, version, { text })).toEqual({ overwritten: null });
      expect(await everything(slot)).toEqual(before);
      expect((await store.open().promote(slot, version)).version).toBe(store.kind === 'secrets-manager' ? slot.attemptId : '2');
      expect(passwordOf(await store.open().read(slot.current))).toBe('new');
    });

    it('passes for one rotation after the other', async () => {
      const { slot, version } = await scene();
      let base = (await store.open().promote(slot, version)).version;
      for (const [index, password] of ['second', 'third'].entries()) {
        const current = await store.open().read(slot.current);
        const next = newSlot(slot.current);
        await store.open().stage(next, rotatedText(current?.text ?? payloadText('none'), next.attemptId, password, index + 2));
        expect(await store.open().rehearse(next, base)).toEqual({ overwritten: null });
        base = (await store.open().promote(next, base)).version;
      }
    });

    it('fails where current has moved, where it is gone, and where no copy is there', async () => {
      const { slot, version } = await scene();
      await store.open().replace(slot.current, payloadText('by a person', { note: 'as it was' }), version);
      expect(await codeOf(store.open().rehearse(slot, version))).toBe('store_conflict');
      expect(await codeOf(store.open().rehearse(newSlot(slot.current), version))).toBe('secret_missing');
      const other = await scene();
      await store.remove(other.slot.current);
      expect(await codeOf(store.open().rehearse(other.slot, other.version))).toBe('secret_missing');
    });

    it('fails where the copy that is there is not what was staged', async () => {
      const { slot, version } = await scene();
      expect(await codeOf(store.open().rehearse(slot, version, { text: payloadText('another') }))).toBe('store_conflict');
    });

    it('tells of a rotation that a person has undone by saving what was opened before it', async () => {
      const { first, slot, version, text } = await scene();
      let base = (await store.open().promote(slot, version)).version;
      const opened = await store.open().read(slot.current);
      const second = newSlot(slot.current);
      await store.open().stage(second, rotatedText(text, second.attemptId, 'second', 2));
      base = (await store.open().promote(second, base)).version;
      const rotated = await store.open().read(slot.current);
      const saved = serializePayload(new Secret({ ...parsePayload(opened?.text ?? first).reveal(), note: 'edited' }));
      base = (await store.open().replace(slot.current, saved, base)).version;
      const third = newSlot(slot.current);
      await store.open().stage(third, rotatedText(saved, third.attemptId, 'third', 2));
      expect((await store.open().rehearse(third, base)).overwritten?.text.reveal()).toBe(rotated?.text.reveal());
    });

    it('and a promotion fail where the copy would undo fields of current', async () => {
      const { first, slot, version } = await scene();
      const edited = serializePayload(new Secret({ ...parsePayload(first).reveal(), mfa_seed: 'KRSXG5CTMVRXEZLU' }));
      const replaced = await store.open().replace(slot.current, edited, version);
      expect(await codeOf(store.open().rehearse(slot, replaced.version))).toBe('store_conflict');
      expect(await codeOf(store.open().promote(slot, replaced.version))).toBe('store_conflict');
      expect((await store.open().read(slot.current))?.text.reveal()).toBe(edited.reveal());
    });
  });

  describe('a promotion that somebody edited', () => {
    const edited = async (change: object) => {
      const { slot, version, text } = await scene();
      const promoted = await store.open().promote(slot, version);
      const edit = serializePayload(new Secret({ ...parsePayload(text).reveal(), ...change }));
      const { version: theirs } = await store.open().replace(slot.current, edit, promoted.version);
      return { slot, version, theirs, edit };
    };

    it('is still the promotion, where the password is the same', async () => {
      const { slot, version, theirs } = await edited({ note: 'edited', mfa_seed: 'KRSXG5CTMVRXEZLU' });
      expect(await store.open().promote(slot, version)).toEqual({ version: theirs });
    });

    it('is not reported as ours, where the password is another', async () => {
      const { slot, version, edit } = await edited({ password: 'typed' });
      expect(await codeOf(store.open().promote(slot, version))).toBe('store_conflict');
      expect((await store.open().read(slot.current))?.text.reveal()).toBe(edit.reveal());
    });

    it('is known by the attempt alone, once the copy is gone', async () => {
      const { slot, version, theirs } = await edited({ password: 'typed' });
      await store.open().discard(slot);
      expect(await store.open().promote(slot, version)).toEqual({ version: theirs });
    });
  });
}
