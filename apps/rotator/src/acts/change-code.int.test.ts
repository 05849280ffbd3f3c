import type { Drivers } from '@rcm/portal-access';
import type { ChangeOutcome, LoginOutcome, PortalDriver, PortalSession } from '@rcm/portal-drivers';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { Rotator } from '../rotator.ts';
import { answersDuring, askedLogin } from '../rows/person-answers.fixture.ts';
import { resultOf } from '../schedule/rotation-outcome.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';

let opened: RotatorEnvironment;
beforeAll(async () => void (opened = await openRotatorEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } })));
afterAll(() => opened?.close());

const ACCEPTED: LoginOutcome = { kind: 'accepted' };
const APPLIED: ChangeOutcome = { kind: 'applied', submitted: true };
/** A portal that asks for its code at each login and on the page of a change, and takes one for half a day. */
const portal = {
  typed: [] as string[],
  sleeps: false,
  letOut: [] as (boolean | undefined)[],
  change: APPLIED as ChangeOutcome,
  life: { hours: 12 } as PortalDriver['codeLife'],
};
beforeEach(() => Object.assign(portal, { typed: [], sleeps: false, letOut: [], change: APPLIED, life: { hours: 12 } }));

/** `sleeps`: the machine did, for an hour, since it was looked whether the lease is held; of its clocks that of the wall alone knows. */
function noteLetOut(mayLeave: (() => boolean) | undefined, { sleeps } = { sleeps: false }): void {
  const awakeAt = Date.now() + 3_600_000;
  const clock = sleeps ? vi.spyOn(Date, 'now').mockImplementation(() => awakeAt) : null;
  portal.letOut.push(mayLeave?.());
  clock?.mockRestore();
}

const session: PortalSession = {
  async login({ beforeSubmit, mayLeave, totp }) {
    await beforeSubmit();
    noteLetOut(mayLeave);
    portal.typed.push(`login ${(await totp?.())?.reveal() ?? 'none'}`);
    return { outcome: ACCEPTED, submitted: true };
  },
  async changePassword({ beforeSubmit, mayLeave, totp }) {
    portal.typed.push(`change ${(await totp?.())?.reveal() ?? 'none'}`);
    await beforeSubmit();
    noteLetOut(mayLeave, { sleeps: portal.sleeps });
    return portal.change;
  },
  runTask: () => Promise.reject(new Error('nobody has a task here')),
  isLoggedIn: async () => true,
  close: async () => undefined,
};
const rotator = (): Rotator => {
  const driver = (): PortalDriver => ({ hash: 'h'.repeat(64), codeLife: portal.life, openSession: async () => session });
  return { ...opened.patient, drivers: { for: driver } as unknown as Drivers };
};

/** A rotation, answered with `code-1`, `code-2`, … as often as somebody is asked. */
async function rotate(): Promise<{ readonly result: string; readonly asked: number }> {
  const endpoint = await askedLogin(opened.testEnvironment);
  const rotating = opened.rotate(endpoint.id, rotator());
  let codes = 0;
  const asked = await answersDuring(opened.testEnvironment, endpoint, { going: rotating, code: async () => `code-${(codes += 1)}` });
  return { result: resultOf(await rotating), asked };
}

it('a change whose page asks for a code, too, takes the day’s: one answer for the whole rotation', async () => {
  expect(await rotate()).toEqual({ result: 'done', asked: 1 });
  expect(portal.typed).toEqual(['login code-1', 'change code-1', 'login code-1']);
});

it('each asks for one of its own, where a code is good for one login', async () => {
  portal.life = undefined;
  expect(await rotate()).toEqual({ result: 'done', asked: 3 });
  expect(portal.typed).toEqual(['login code-1', 'change code-2', 'login code-3']);
});

it('a code that was typed into a change which the portal did not make is typed no more', async () => {
  portal.change = { kind: 'unknown', detail: 'nothing clear', submitted: true };
  const kept = opened.patient.timing.keptCodes;
  const before = kept?.size;
  const { asked } = await rotate();
  expect([portal.typed.slice(0, 2), asked]).toEqual([['login code-1', 'change code-1'], 1]);
  expect(before).toBeTypeOf('number');
  expect(kept?.size).toBe(before);
});

it('a change is let out no more where its machine slept longer than the lease lived, once all was written down for it', async () => {
  Object.assign(portal, { sleeps: true, change: { kind: 'unknown', detail: 'nothing left', submitted: true } });
  expect((await rotate()).result).toBe('waiting');
  expect(portal.letOut).toEqual([true, false]);
});
