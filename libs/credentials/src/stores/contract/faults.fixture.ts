import { RcmError } from '@rcm/telemetry';
import { expect, it } from 'vitest';
import type { ClosableSecretStore, FinalAct } from '../store.ts';
import { codeOf, newReference, newSlot, passwordOf, payloadText, rotatedText, type StoreKind, tags } from './store-under-test.fixture.ts';

/** What a backend can be told to do to the next calls. */
export interface Failure {
  /** error: answers 500; drop: the connection ends without an answer; slow: answers after `delayMs`; none: well again. */
  readonly kind: 'error' | 'drop' | 'slow' | 'none';
  /** `after`: once the act is committed, so the caller cannot know. Default `before`. */
  readonly when?: 'before' | 'after';
  readonly count?: number;
  readonly delayMs?: number;
  /** Only the call that does this. Default: every call. */
  readonly hits?: 'create' | 'promote' | 'stage';
}

export interface FailingStore {
  readonly kind: StoreKind;
  /** A new store on the backend, or, with `address`, on whatever is (not) there. */
  open(options?: { readonly deadlineMs?: number; readonly address?: string }): ClosableSecretStore;
  fail(failure: Failure): void;
}

/** What every store promises while its backend is not well. */
export function describeFaults(store: FailingStore): void {
  it('fails with store_unavailable where it answers 500 or nothing', async () => {
    const reference = newReference(store);
    for (const kind of ['error', 'drop'] as const) {
      store.fail({ kind });
      expect(await codeOf(store.open().read(reference))).toBe('store_unavailable');
    }
    expect(await codeOf(store.open({ address: 'http://127.0.0.1:9' }).read(reference))).toBe('store_unavailable');
  });

  it('gets over two failures by asking again', async () => {
    store.fail({ kind: 'error', count: 2 });
    expect(await store.open().read(newReference(store))).toBeNull();
  });

  it('fails with deadline_exceeded where it is too slow', async () => {
    store.fail({ kind: 'slow', delayMs: 3_000, count: 1 });
    expect(await codeOf(store.open({ deadlineMs: 100 }).read(newReference(store)))).toBe('deadline_exceeded');
  });

  it('promotes once where the answer to its write is lost', async () => {
    const opened = store.open();
    const { reference, version } = await opened.create(newReference(store), payloadText('old'), tags);
    const slot = newSlot(reference);
    await opened.stage(slot, rotatedText(payloadText('old'), slot.attemptId, 'new'));
    store.fail({ kind: 'drop', when: 'after', count: 1, hits: 'promote' });
    const promoted = await opened.promote(slot, version);
    expect(promoted.version).toBe(store.kind === 'secrets-manager' ? slot.attemptId : '2');
    expect(await opened.read(reference)).toMatchObject(promoted);
  });

  it('asks again before it tries again to make something current', async () => {
    const opened = store.open();
    const { reference, version } = await opened.create(newReference(store), payloadText('old'), tags);
    const acts: FinalAct[] = [];
    const call = { beforeWrite: (act: FinalAct) => void acts.push(act) };
    store.fail({ kind: 'error', when: 'before', count: 1, hits: 'promote' });
    await opened.replace(reference, payloadText('new'), version, call);
    // An SDK's own repeat of a call that changed nothing is not asked for; SSM's overwrite is repeated by the store.
    expect(acts).toEqual(store.kind === 'ssm' ? ['make_current', 'make_current'] : ['make_current']);
    const over = new RcmError('lease_lost', 'The lease is over.');
    const { version: base } = (await opened.read(reference)) ?? { version: '' };
    const refuses = { beforeWrite: () => Promise.reject(over) };
    await expect(opened.replace(reference, payloadText('newer'), base, refuses)).rejects.toBe(over);
  });

  it('stages once where the answer to its write is lost', async () => {
    const opened = store.open();
    const { reference } = await opened.create(newReference(store), payloadText('old'), tags);
    const slot = newSlot(reference);
    store.fail({ kind: 'drop', when: 'after', count: 1, hits: 'stage' });
    expect(passwordOf(await opened.stage(slot, rotatedText(payloadText('old'), slot.attemptId, 'new')))).toBe('new');
    expect(passwordOf(await opened.readStaged(slot))).toBe('new');
  });

  it('creates once where the answer to its write is lost', async () => {
    const wanted = newReference(store);
    store.fail({ kind: 'drop', when: 'after', count: 1, hits: 'create' });
    const { reference } = await store.open().create(wanted, payloadText('first'), tags);
    expect(passwordOf(await store.open().read(reference))).toBe('first');
  });

  it('is well again when its backend is', async () => {
    const opened = store.open();
    store.fail({ kind: 'drop' });
    await codeOf(opened.read(newReference(store)));
    store.fail({ kind: 'none' });
    expect(await opened.read(newReference(store))).toBeNull();
  });
}
