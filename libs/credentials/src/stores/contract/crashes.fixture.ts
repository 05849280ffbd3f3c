import { describe, expect, it } from 'vitest';
import type { SecretStore, StagedSlot } from '../store.ts';
import { type CallHook, codeOf, newReference, newSlot, passwordOf, payloadText, rotatedText, type StoreUnderTest, tags } from './store-under-test.fixture.ts';

/** No step makes more calls than this; the walk ends at the first point a step never reaches. */
const MOST_CALLS = 12;

/** Dies at the n-th passing of a call's edge: 0 before the first call, 1 after it, 2 before the second, … */
function diesAt(point: number): { readonly hook: CallHook; readonly died: () => boolean } {
  let passed = 0;
  let died = false;
  const hook: CallHook = () => {
    if (passed === point) died = true;
    passed += 1;
    if (died) throw new Error('the process died here');
  };
  return { hook, died: () => died };
}

interface Scene {
  readonly slot: StagedSlot;
  readonly base: string;
  readonly staged: boolean;
}

interface Step {
  readonly name: string;
  /** What the scene looks like before the step. */
  readonly staged: boolean;
  readonly promoted: boolean;
  readonly act: (store: SecretStore, scene: Scene) => Promise<unknown>;
  readonly after: { readonly current: string; readonly stagedCopy: string | null };
}

const STEPS: readonly Step[] = [
  {
    name: 'stage',
    staged: false,
    promoted: false,
    act: (store, { slot }) => store.stage(slot, rotatedText(payloadText('old'), slot.attemptId, 'new')),
    after: { current: 'old', stagedCopy: 'new' },
  },
  { name: 'promote', staged: true, promoted: false, act: (store, { slot, base }) => store.promote(slot, base), after: { current: 'new', stagedCopy: 'new' } },
  { name: 'discard', staged: true, promoted: true, act: (store, { slot }) => store.discard(slot), after: { current: 'new', stagedCopy: null } },
  {
    name: 'replace',
    staged: true,
    promoted: false,
    act: (store, { slot, base }) => store.replace(slot.current, payloadText('replaced'), base),
    after: { current: 'replaced', stagedCopy: 'new' },
  },
];

export function describeCrashes(store: StoreUnderTest): void {
  const setScene = async (step: Step): Promise<Scene> => {
    const opened = store.open();
    const { reference, version } = await opened.create(newReference(store), payloadText('old'), tags);
    const slot = newSlot(reference);
    if (step.staged) await opened.stage(slot, rotatedText(payloadText('old'), slot.attemptId, 'new'));
    if (step.promoted) await opened.promote(slot, version);
    return { slot, base: version, staged: step.staged };
  };

  describe('a crash', () => {
    it.each(STEPS)('before or after any call of $name is survived by doing it again', async (step) => {
      let survived = 0;
      for (let point = 0; point < 2 * MOST_CALLS; point += 1) {
        const scene = await setScene(step);
        const crash = diesAt(point);
        await codeOf(step.act(store.open(crash.hook), scene));
        if (!crash.died()) break;
        const current = passwordOf(await store.open().read(scene.slot.current));
        expect(['old', 'new', 'replaced']).toContain(current);
        await step.act(store.open(), scene);
        expect({ point, current: passwordOf(await store.open().read(scene.slot.current)) }).toEqual({ point, current: step.after.current });
        expect({ point, staged: passwordOf(await store.open().readStaged(scene.slot)) }).toEqual({ point, staged: step.after.stagedCopy });
        survived += 1;
      }
      expect(survived).toBeGreaterThanOrEqual(2);
    });

    it('around any call of a create leaves either nothing or the secret, and doing it again gives the same', async () => {
      const left: (string | null)[] = [];
      for (let point = 0; point < 2 * MOST_CALLS; point += 1) {
        const reference = newReference(store);
        const crash = diesAt(point);
        await codeOf(store.open(crash.hook).create(reference, payloadText('first'), tags));
        if (!crash.died()) break;
        left.push(passwordOf(await store.open().read(reference)));
        expect(await codeOf(store.open().create(reference, payloadText('first'), tags))).toBe('no error');
        expect(passwordOf(await store.open().read(reference))).toBe('first');
      }
      expect(new Set(left)).toEqual(new Set([null, 'first']));
      expect(left).toEqual([...left].sort((a, b) => Number(a !== null) - Number(b !== null)));
    });
  });
}
