import { describe, expect, it } from 'vitest';
import { formatReference, parseReference, referenceKey } from '../../reference.ts';
import { type CallHook, codeOf, newReference, newSlot, passwordOf, payloadText, type StoreUnderTest, tags } from './store-under-test.fixture.ts';

export function describeReadingAndWriting(store: StoreUnderTest): void {
  describe('reading and writing', () => {
    it('answers null for what was never there', async () => {
      const reference = newReference(store);
      const opened = store.open();
      expect(await opened.read(reference)).toBeNull();
      expect(await opened.readStaged(newSlot(reference))).toBeNull();
      expect(await opened.readMany([reference])).toEqual(new Map([[referenceKey(reference), null]]));
    });

    it('gives back the text that was created, byte for byte, under a reference that can be kept', async () => {
      const text = payloadText('ä"\\\n€', { custom_fields: { pin: '0042', deep: [{ x: null }] } });
      const { reference, version } = await store.open().create(newReference(store), text, tags);
      const kept = parseReference(formatReference(reference));
      const stored = await store.open().read(kept);
      expect(stored?.text.reveal()).toBe(text.reveal());
      expect(stored?.version).toBe(version);
    });

    it('never creates over an existing secret', async () => {
      const wanted = newReference(store);
      const { reference } = await store.open().create(wanted, payloadText('first'), tags);
      expect(await codeOf(store.open().create(wanted, payloadText('second'), tags))).toBe('secret_exists');
      expect(passwordOf(await store.open().read(reference))).toBe('first');
    });

    it('tells whoever knows only the path under which reference a secret can be kept', async () => {
      const wanted = newReference(store);
      const { reference } = await store.open().create(wanted, payloadText('first'), tags);
      expect((await store.open().read(wanted))?.reference ?? wanted).toEqual(reference);
    });

    it('creates once, however often the same text is offered', async () => {
      const wanted = newReference(store);
      const created = await store.open().create(wanted, payloadText('first'), tags);
      expect(await store.open().create(wanted, payloadText('first'), tags)).toEqual(created);
    });

    it('reads many at once, missing ones among them', async () => {
      const opened = store.open();
      const created = await Promise.all(
        Array.from({ length: 12 }, async (_, i) => (await opened.create(newReference(store), payloadText(`p${i}`), tags)).reference),
      );
      const missing = newReference(store);
      const answers = await opened.readMany([...created, missing]);
      expect(answers.size).toBe(13);
      expect(created.map((reference) => passwordOf(answers.get(referenceKey(reference)) as never))).toEqual(created.map((_, i) => `p${i}`));
      expect(answers.get(referenceKey(missing))).toBeNull();
    });

    it('replaces a text by itself and changes nothing, whatever it was before', async () => {
      const one = payloadText('one');
      const { reference, version: first } = await store.open().create(newReference(store), one, tags);
      const { version: second } = await store.open().replace(reference, payloadText('two'), first);
      const { version: third } = await store.open().replace(reference, one, second);
      expect(await store.open().replace(reference, one, third)).toEqual({ version: third });
      expect(await store.open().read(reference)).toMatchObject({ version: third });
    });

    it('replaces on the version it was made from, and repeating that changes nothing', async () => {
      const { reference, version } = await store.open().create(newReference(store), payloadText('one'), tags);
      const replaced = await store.open().replace(reference, payloadText('two'), version);
      expect(replaced.version).not.toBe(version);
      expect(await store.open().replace(reference, payloadText('two'), version)).toEqual(replaced);
      expect(await store.open().read(reference)).toMatchObject({ version: replaced.version });
      expect(passwordOf(await store.open().read(reference))).toBe('two');
    });

    it('refuses to replace a version that is not current any more', async () => {
      const { reference, version } = await store.open().create(newReference(store), payloadText('one'), tags);
      const replaced = await store.open().replace(reference, payloadText('two'), version);
      expect(await codeOf(store.open().replace(reference, payloadText('three'), version))).toBe('store_conflict');
      expect(passwordOf(await store.open().read(reference))).toBe('two');
      expect((await store.open().read(reference))?.version).toBe(replaced.version);
    });

    it('refuses to replace what is not there', async () => {
      expect(await codeOf(store.open().replace(newReference(store), payloadText('x'), '1'))).toBe('secret_missing');
    });

    it('refuses a payload that is too large before any call', async () => {
      const operations: string[] = [];
      const watch: CallHook = (operation) => void operations.push(operation);
      const large = payloadText('x'.repeat(70_000));
      const reference = newReference(store);
      expect(await codeOf(store.open(watch).create(reference, large, tags))).toBe('payload_too_large');
      expect(await codeOf(store.open(watch).replace(reference, large, '1'))).toBe('payload_too_large');
      expect(await codeOf(store.open(watch).stage(newSlot(reference), large))).toBe('payload_too_large');
      expect(operations).toEqual([]);
    });

    it('ends a call that the caller gave up', async () => {
      expect(await codeOf(store.open().read(newReference(store), { signal: AbortSignal.abort() }))).toBe('cancelled');
    });
  });
}
