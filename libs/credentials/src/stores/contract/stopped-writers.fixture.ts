import type { Secret } from '@rcm/telemetry';
import { backend, isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rotationOf } from '../../payload.ts';
import type { SecretReference } from '../../reference.ts';
import type { ClosableSecretStore, SecretStore } from '../store.ts';
import { OTHERS, type Others, type TestEnvironment } from './others.fixture.ts';
import { type CallHook, codeOf, newReference, newSlot, payloadText, rotatedText, type StoreUnderTest, tags } from './store-under-test.fixture.ts';
import type { Scene } from './scene.fixture.ts';

/** No operation makes more calls than this, also where it puts back what it has overwritten. */
const MOST_CALLS = 40;
/** The emulator in containers takes seconds for what others answer at once, and answers the same calls in the rest of the contract. */
const IS_WALKED = backend() !== 'containers' || isLongForm();
/** Of the moments at which a writer that was stopped may die later, the first and then one in so many is tried over HTTP in the short form. */
const DEATHS_ONE_IN = isLongForm() ? 1 : 3;
/** A walk over every pair of calls is some hundred operations: seconds, and minutes on a machine that has much else to do. */
const WALK_MS = 900_000;

interface Step {
  readonly name: string;
  readonly isStaged: boolean;
  readonly isPromoted: boolean;
  act(store: SecretStore, scene: Scene): Promise<unknown>;
  /** What it makes current, where nobody is in its way. */
  makes(scene: Scene): Secret<string>;
}

const REPLACEMENT = payloadText('replaced');
const PROMOTE: Step = {
  name: 'promote',
  isStaged: true,
  isPromoted: false,
  act: (store, { slot, base }) => store.promote(slot, base),
  makes: ({ staged }) => staged,
};
const REPLACE: Step = {
  name: 'replace',
  isStaged: true,
  isPromoted: false,
  act: (store, { slot, base }) => store.replace(slot.current, REPLACEMENT, base),
  makes: () => REPLACEMENT,
};
const STEPS: readonly Step[] = [
  { name: 'stage', isStaged: false, isPromoted: false, act: (store, { slot, staged }) => store.stage(slot, staged), makes: ({ first }) => first },
  { name: 'rehearse', isStaged: true, isPromoted: false, act: (store, { slot, base }) => store.rehearse(slot, base), makes: ({ first }) => first },
  PROMOTE,
  REPLACE,
  { name: 'discard', isStaged: true, isPromoted: true, act: (store, { slot }) => store.discard(slot), makes: ({ staged }) => staged },
];

/** Stops before one call (0: the first) until it is let go; before another one it dies. What lies between two calls is one point for the store. */
function stoppedAt(call: number, diesAt = Number.POSITIVE_INFINITY) {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let armed = false;
  let passed = 0;
  let died = false;
  const hook: CallHook = async (_operation, phase) => {
    if (phase === 'after' || !armed) return;
    const here = passed;
    passed += 1;
    if (here >= diesAt) {
      died = true;
      throw new Error('the process died here');
    }
    if (here !== call) return;
    reached.resolve();
    await released.promise;
  };
  return { hook, arm: () => (armed = true), reached: reached.promise, release: () => released.resolve(), died: () => died };
}

/** Runs an operation to its end, with the others at work where it stops; whether it got that far. */
async function runStopped(
  stopped: ClosableSecretStore,
  named: SecretReference,
  act: (store: SecretStore) => Promise<unknown>,
  stop: ReturnType<typeof stoppedAt>,
  meanwhile: () => Promise<void>,
): Promise<{ readonly wasStopped: boolean }> {
  // The first call of a process may log in, which is no call of the operation.
  await stopped.read(named);
  stop.arm();
  const ended = codeOf(act(stopped));
  const wasStopped = await Promise.race([stop.reached.then(() => true), ended.then(() => false)]);
  if (wasStopped) await meanwhile();
  stop.release();
  await ended;
  stopped.close();
  return { wasStopped };
}

/**
 * A writer is stopped between any two calls, others act, and it goes on, or dies later. The judge knows only what the store holds: the
 * last text that somebody wrote who had read the newest one is current in the end.
 */
export function describeStoppedWriters(under: StoreUnderTest): void {
  // One for everybody else: a process that is never stopped has its connections for good.
  let store: ClosableSecretStore;
  let testEnvironment: TestEnvironment;
  beforeAll(() => {
    store = under.open();
    testEnvironment = { store, remove: under.remove };
  });
  afterAll(() => store.close());
  const setScene = async (step: Step): Promise<Scene> => {
    const named = newReference(under);
    const first = payloadText('old', { note: 'as it was', mfa_seed: 'JBSWY3DPEHPK3PXP' });
    const { reference, version: base } = await store.create(named, first, tags);
    const slot = newSlot(reference);
    const staged = rotatedText(first, slot.attemptId, 'new');
    if (step.isStaged) await store.stage(slot, staged);
    if (step.isPromoted) await store.promote(slot, base);
    return { named, slot, base, first, staged };
  };
  const currentText = async ({ named }: Scene): Promise<string | undefined> => (await store.read(named))?.text.reveal();

  /** The secret after the others: what they wrote, or where they wrote nothing, what was there. */
  const letAct = async (others: Others, scene: Scene): Promise<string | undefined> => {
    await others.act(testEnvironment, scene);
    return currentText(scene);
  };

  describe.skipIf(!IS_WALKED)('a writer that is stopped between two calls, and goes on (on containers in the long form)', () => {
    const cases = STEPS.flatMap((step) => OTHERS.map((others) => ({ what: `${step.name}, while ${others.name}`, step, others })));
    it.for(cases)('loses nothing that was written meanwhile: $what', { timeout: WALK_MS }, async ({ step, others }, { skip }) => {
      skip(under.isLooserThanAws && step.name === 'stage' && others.name.startsWith('a twin finishes'), 'the emulator lets a token be used for two values');
      skip(under.heedsNoPatterns && step.name === 'rehearse', 'the emulator writes what does not match its pattern');
      let stops = 0;
      for (let call = 0; call < MOST_CALLS; call += 1) {
        // `replace` knows its base by the number alone: before its first read it cannot tell one that was made anew.
        if (call === 0 && step === REPLACE && others.makesAnew && under.kind !== 'secrets-manager') continue;
        const scene = await setScene(step);
        let before: string | undefined;
        let after: string | undefined;
        const stop = stoppedAt(call);
        const { wasStopped } = await runStopped(
          under.open(stop.hook),
          scene.named,
          (stopped) => step.act(stopped, scene),
          stop,
          async () => {
            before = await currentText(scene);
            after = await letAct(others, scene);
          },
        );
        if (!wasStopped) break;
        stops += 1;
        const current = await currentText(scene);
        const allowed = after === before ? [before, step.makes(scene).reveal()] : [after];
        expect({ call, current, isRight: allowed.includes(current) }).toEqual({ call, current, isRight: true });
      }
      expect(stops).toBeGreaterThanOrEqual(1);
    });
  });

  describe.skipIf(!IS_WALKED)('a writer that is stopped, goes on and dies (on containers in the long form)', () => {
    const cases = [PROMOTE, REPLACE].flatMap((step) =>
      OTHERS.filter(({ makesAnew }) => step === PROMOTE || !makesAnew).map((others) => ({ what: `${step.name}, while ${others.name}`, step, others })),
    );
    it.each(cases)('loses nothing for whoever comes after it: $what', { timeout: WALK_MS }, async ({ step, others }) => {
      const oneIn = under.isInMemory ? 1 : DEATHS_ONE_IN;
      let deaths = 0;
      for (let call = 0; call < MOST_CALLS; call += 1) {
        let wasStopped = false;
        for (let death = call + 1; death < MOST_CALLS; death += oneIn) {
          const scene = await setScene(step);
          let before: string | undefined;
          let after: string | undefined;
          const stop = stoppedAt(call, death);
          ({ wasStopped } = await runStopped(
            under.open(stop.hook),
            scene.named,
            (stopped) => step.act(stopped, scene),
            stop,
            async () => {
              before = await currentText(scene);
              after = await letAct(others, scene);
            },
          ));
          if (!wasStopped || !stop.died()) break;
          deaths += 1;
          const where = { call, death };
          const left = await currentText(scene);
          if (after !== before && left !== after) {
            if (step === PROMOTE && others.showsInFields) expect({ ...where, found: await foundByRehearsal(scene) }).toEqual({ ...where, found: after });
            await codeOf(step.act(store, scene));
            expect({ ...where, current: await currentText(scene) }).toEqual({ ...where, current: after });
          }
        }
        if (!wasStopped) break;
      }
      // In Secrets Manager the one that was made anew has another ARN: nothing is found, and nothing more is called.
      expect(deaths).toBeGreaterThanOrEqual(others.makesAnew ? 0 : 1);
    });
  });

  /** What the next attempt is told before it touches the portal. */
  async function foundByRehearsal({ named }: Scene): Promise<string | undefined> {
    const current = await store.read(named);
    if (current === null) return undefined;
    const next = newSlot(current.reference ?? named);
    const counter = rotationOf(current.text).counter + 1;
    await store.stage(next, rotatedText(current.text, next.attemptId, 'the next', counter));
    const { overwritten } = await store.rehearse(next, current.version);
    return overwritten?.text.reveal();
  }
}
