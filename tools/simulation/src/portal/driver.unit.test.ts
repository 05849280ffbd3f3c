import { describe, expect, test } from 'vitest';
import { Secret } from '@rcm/telemetry';
import type { Fault } from '../time/faults.ts';
import { Inside } from '../time/inside.fixture.ts';
import { modelDriver } from './driver.ts';
import type { ChangeAnswer, PortalHabits } from './habits.ts';
import { Portal } from './portal.ts';

const FOR_MS = 60_000;
/** A login is two calls, and the third opens the page of the change. */
const CHANGE_SENT = 3;

const habits = (answer: ChangeAnswer): PortalHabits => ({
  ...{ lockout: { counts: 'consecutive', threshold: 3, windowMs: null, lastsMs: null, countsCodes: true }, oneText: false, tellsUntil: false },
  ...{ keepsFirst: null, foldsCase: false, propagationDelayMs: 0, whilePropagating: 'neither or new', asksForCode: false, codeSkew: 1, history: 0 },
  ...{ historyFirst: false, expiresAfterMs: null, changes: { [answer]: 1 }, lateMs: 1, longAfterMs: 1 },
});

/** Somebody who logged in with `right` changes it by a form that has `current` in it; says what is kept of whom the form called it wrong. */
async function told(current: string, { answer = 'made', fault }: { readonly answer?: ChangeAnswer; readonly fault?: Fault['kind'] } = {}) {
  const inside = new Inside('a change', fault ? { only: [{ process: 'one', crossing: CHANGE_SENT, kind: fault, ms: 1 }] } : {});
  const { scheduler, random, outside } = inside;
  const portal = new Portal(scheduler, { realm: 'alder', habits: habits(answer), random });
  portal.add({ username: 'user', password: 'right', mfaSeed: null });
  const driver = modelDriver({
    ...{ outside, scheduler, portalAt: () => portal, hash: 'recipe', provesPassword: true, onTyped: () => undefined, onChange: () => undefined },
  });
  const credential = (password: string) => ({ username: new Secret('user'), password: new Secret(password) });
  const act = { deadlineMs: FOR_MS, beforeSubmit: () => Promise.resolve() };
  const outcome = await inside.run(inside.process('one'), async () => {
    const { signal } = new AbortController();
    const session = await driver.openSession({ baseUrl: 'https://www.alder.example/', signal });
    await session.login({ ...act, signal, credential: credential('right') } as Parameters<typeof session.login>[0]);
    const change = { ...act, signal, credential: credential(current), newPassword: new Secret('next') };
    return session.changePassword(change as Parameters<typeof session.changePassword>[0]);
  });
  return { kind: outcome.kind, kept: portal.currentWrong.map(({ username, password, process, outcome: rule }) => [username, password, process?.name, rule]) };
}

describe('of a change that the portal refuses, it is kept for whoever judges', () => {
  test('who was told that the current password is wrong', async () => {
    expect(await told('wrong')).toEqual({ kind: 'refused', kept: [['user', 'wrong', 'one', 'current_wrong']] });
  });

  test('and nobody, where nobody was told so', async () => {
    expect(await told('wrong', { fault: 'answer lost' })).toEqual({ kind: 'unknown', kept: [] });
    expect(await told('wrong', { answer: 'not sent' })).toEqual({ kind: 'unknown', kept: [] });
    expect(await told('right', { answer: 'refuses' })).toEqual({ kind: 'refused', kept: [] });
    expect(await told('right')).toEqual({ kind: 'applied', kept: [] });
  });
});
