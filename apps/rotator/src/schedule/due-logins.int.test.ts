import { listStartable, setNextRotation } from '@rcm/db/rotation';
import { createMetrics } from '@rcm/telemetry';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { RotationRequest } from '../rotate.ts';
import type { Rotator } from '../rotator.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import type { RotationOutcome, RotationResult } from './rotation-outcome.ts';
import { startService } from './service.ts';

const LONG_MS = 600_000;
/** Longer than any test: what is begun sooner was begun because a slot had become free. */
const NEVER_MS = 3_600_000;

let opened: RotatorEnvironment;
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: ['alpine', 'alpine', 'alpine', 'cascade', 'cascade'], portalType: { maxConcurrency: 2 } });
});
afterAll(() => opened?.close());

/** A rotator whose rotations last until the test ends them. */
function rotatorOf(owner: string, slots: number) {
  const rotator: Rotator = { ...opened.rotator, owner, rules: { ...opened.rotator.rules, canary: false } };
  const inHand = new Map<string, (result: RotationResult) => void>();
  const begun: string[] = [];
  const service = startService({
    ...{ rotator, metrics: createMetrics(), concurrency: slots, scanMs: NEVER_MS, recoveryMs: NEVER_MS, chores: [], beforeScan: () => Promise.resolve() },
    rotate: (_: Rotator, { endpointId }: RotationRequest) =>
      new Promise<RotationOutcome>((resolve) => {
        begun.push(endpointId);
        inHand.set(endpointId, (result) => resolve({ endpointId, result, attemptId: null, code: null, detail: null }));
      }),
  });
  return {
    begun,
    /** As a rotation that went through leaves the row, or as one that could not begin does. */
    async end(endpointId: string, result: RotationResult = 'done') {
      if (result === 'done') await setNextRotation(opened.testEnvironment.db, { endpointIds: [endpointId], at: new Date(Date.now() + NEVER_MS) });
      inHand.get(endpointId)?.(result);
      inHand.delete(endpointId);
    },
    async stop() {
      const stopped = service.stop(NEVER_MS);
      for (const endpointId of [...inHand.keys()]) await this.end(endpointId);
      await stopped;
    },
  };
}

const claimed = () => opened.sql<{ id: string }>('SELECT endpoint_id AS id FROM rotation_claim ORDER BY 1', []).then((rows) => rows.map(({ id }) => id));

beforeEach(async () => {
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  const all = ['alpine-1', 'alpine-2', 'alpine-3', 'cascade-4', 'cascade-5'];
  for (const [i, endpointId] of all.entries()) await setNextRotation(opened.testEnvironment.db, { endpointIds: [endpointId], at: at(100 - i) });
});

it('fills each slot as it becomes free, over portal types, and never one type beyond its room', { timeout: LONG_MS }, async () => {
  const one = rotatorOf('one', 3);
  await expect.poll(() => one.begun, { timeout: LONG_MS }).toHaveLength(3);
  expect([...one.begun].sort()).toEqual(['alpine-1', 'alpine-2', 'cascade-4']);
  await one.end('cascade-4');
  await expect.poll(() => one.begun.slice(3), { timeout: LONG_MS }).toEqual(['cascade-5']);
  await one.end('alpine-1');
  await expect.poll(() => one.begun.slice(4), { timeout: LONG_MS }).toEqual(['alpine-3']);
  expect(await claimed()).toEqual(['alpine-2', 'alpine-3', 'cascade-5']);
  await one.stop();
  expect(await claimed()).toEqual([]);
});

it('two rotators never have one login, nor a portal type beyond its room between them', { timeout: LONG_MS }, async () => {
  const [one, two] = [rotatorOf('one', 3), rotatorOf('two', 3)];
  await expect.poll(() => one.begun.length + two.begun.length, { timeout: LONG_MS }).toBe(4);
  const begun = [...one.begun, ...two.begun];
  expect(new Set(begun).size).toBe(4);
  expect(begun.filter((id) => id.startsWith('alpine'))).toHaveLength(2);
  expect(await listStartable(opened.rotator.db, { rules: { ...opened.rotator.rules, canary: false }, limit: 10 })).toEqual([]);
  await Promise.all([one.stop(), two.stop()]);
});

it('what could not begin is not tried again at once, and is another rotator’s to try', { timeout: LONG_MS }, async () => {
  const one = rotatorOf('one', 1);
  await expect.poll(() => one.begun, { timeout: LONG_MS }).toEqual(['alpine-1']);
  await one.end('alpine-1', 'put_off');
  await expect.poll(() => one.begun.length, { timeout: LONG_MS }).toBe(2);
  expect(one.begun[1]).toBe('alpine-2');
  const two = rotatorOf('two', 2);
  await expect.poll(() => two.begun, { timeout: LONG_MS }).toEqual(['cascade-4', 'alpine-1']);
  await Promise.all([one.stop(), two.stop()]);
});

it('a rotator that is stopped begins nothing more, and keeps nothing', { timeout: LONG_MS }, async () => {
  const one = rotatorOf('one', 1);
  await expect.poll(() => one.begun, { timeout: LONG_MS }).toHaveLength(1);
  await one.stop();
  expect(one.begun).toHaveLength(1);
  expect(await claimed()).toEqual([]);
});
