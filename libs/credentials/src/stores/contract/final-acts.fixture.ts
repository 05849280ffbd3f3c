import { RcmError } from '@rcm/telemetry';
import { describe, expect, it } from 'vitest';
import type { CallOptions, FinalAct, SecretStore, StagedSlot } from '../store.ts';
import { type CallHook, newReference, newSlot, passwordOf, payloadText, rotatedText, type StoreUnderTest, tags } from './store-under-test.fixture.ts';

/** The calls that cannot be taken back, as the stores make them after a secret was staged. */
const FINAL_CALLS = ['PutParameterCommand', 'DeleteParameterCommand', 'UpdateSecretVersionStageCommand', 'POST data', 'DELETE metadata'];

interface Step {
  readonly name: string;
  readonly act: FinalAct;
  run(store: SecretStore, slot: StagedSlot, base: string, options: CallOptions): Promise<unknown>;
}

const STEPS: readonly Step[] = [
  { name: 'promote', act: 'make_current', run: (store, slot, base, options) => store.promote(slot, base, options) },
  { name: 'replace', act: 'make_current', run: (store, slot, base, options) => store.replace(slot.current, payloadText('replaced'), base, options) },
  { name: 'discard', act: 'discard', run: (store, slot, _base, options) => store.discard(slot, options) },
];

export function describeFinalActs(store: StoreUnderTest): void {
  const scene = async () => {
    const { reference, version } = await store.open().create(newReference(store), payloadText('old'), tags);
    const slot = newSlot(reference);
    await store.open().stage(slot, rotatedText(payloadText('old'), slot.attemptId, 'new'));
    return { slot, version };
  };

  describe('before an act that cannot be taken back', () => {
    it.each(STEPS)('$name asks its caller right before each call', async ({ act, run }) => {
      const { slot, version } = await scene();
      const log: string[] = [];
      const hook: CallHook = (operation, phase) => void (phase === 'before' && log.push(operation));
      const opened = store.open(hook);
      // A first call may have to log in.
      await opened.read(slot.current);
      await run(opened, slot, version, { beforeWrite: (asked) => void log.push(asked) });
      // What `replace` writes to Secrets Manager before it moves the label is not current yet.
      const finals = log.flatMap((entry, index) => (FINAL_CALLS.includes(entry) ? [log[index - 1]] : []));
      expect(finals.length).toBeGreaterThanOrEqual(1);
      expect(new Set(finals)).toEqual(new Set([act]));
    });

    it.each(STEPS)('$name ends with what its caller throws, once and unchanged, and has changed nothing', async ({ run }) => {
      const { slot, version } = await scene();
      // Retryable by its code: no retry of a store's own may hide it.
      const lost = new RcmError('lease_lost', 'The lease is over.');
      let asked = 0;
      const beforeWrite = async (): Promise<void> => {
        asked += 1;
        throw lost;
      };
      await expect(run(store.open(), slot, version, { beforeWrite })).rejects.toBe(lost);
      expect(asked).toBe(1);
      expect(await store.open().read(slot.current)).toMatchObject({ version });
      expect(passwordOf(await store.open().readStaged(slot))).toBe('new');
    });

    it('nobody is asked where nothing is to be done', async () => {
      const { slot, version } = await scene();
      await store.open().promote(slot, version);
      const acts: FinalAct[] = [];
      const options: CallOptions = { beforeWrite: (act) => void acts.push(act) };
      await store.open().promote(slot, version, options);
      await store
        .open()
        .rehearse(slot, version, options)
        .catch(() => {});
      await store.open().readStaged(slot, options);
      expect(acts).toEqual([]);
    });
  });
}
