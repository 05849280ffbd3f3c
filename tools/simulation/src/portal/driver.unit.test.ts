import { describe, expect, test } from 'vitest';
import { RcmError, Secret } from '@rcm/telemetry';
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
  ...{ historyFirst: false, countsCurrent: false, changeMeetsAnyPart: false, expiresAfterMs: null, changes: { [answer]: 1 }, lateMs: 1, longAfterMs: 1 },
});

interface Given {
  readonly answer?: ChangeAnswer;
  readonly fault?: Fault['kind'];
  /** What the ledger throws where it says no, or cannot be reached. */
  readonly ledger?: Error;
}

/** Somebody who logged in with `right` changes it by a form that has `current` in it; says how that ended, and what is kept of it for whoever judges. */
async function told(current: string, { answer = 'made', fault, ledger }: Given = {}) {
  const inside = new Inside('a change', fault ? { only: [{ process: 'one', crossing: CHANGE_SENT, kind: fault, ms: 1 }] } : {});
  const { scheduler, random, outside } = inside;
  const portal = new Portal(scheduler, { realm: 'alder', habits: habits(answer), random });
  portal.add({ username: 'user', password: 'right', mfaSeed: null });
  const driver = modelDriver({
    ...{ outside, scheduler, portalAt: () => portal, hash: 'recipe', provesPassword: true, onTyped: () => undefined, onChange: () => undefined },
  });
  const credential = (password: string) => ({ username: new Secret('user'), password: new Secret(password) });
  const act = { deadlineMs: FOR_MS, beforeSubmit: () => Promise.resolve() };
  const keptWhenAsked: unknown[] = [];
  const asksLedger = async (): Promise<void> => {
    keptWhenAsked.push(...portal.toldOfChanges.map(({ outcome, endedAt }) => [outcome, endedAt]));
    if (ledger) throw ledger;
  };
  const process = inside.process('one');
  const changed = inside.run(process, async () => {
    const { signal } = new AbortController();
    const session = await driver.openSession({ baseUrl: 'https://www.alder.example/', signal });
    await session.login({ ...act, signal, credential: credential('right') } as Parameters<typeof session.login>[0]);
    const change = { ...act, beforeSubmit: asksLedger, signal, credential: credential(current), newPassword: new Secret('next') };
    return session.changePassword(change as Parameters<typeof session.changePassword>[0]);
  });
  const kind = await changed.then(
    (outcome) => outcome.kind,
    () => 'nothing',
  );
  const [change] = portal.toldOfChanges;
  return { kind, outcome: change && change.outcome, hasEnded: change && change.endedAt !== null, keptWhenAsked, kept: portal.toldOfChanges };
}

describe('of a change, it is kept for whoever judges what its sender was told of the current password', () => {
  test('by whom, of which account, and that nobody was told anything while the ledger was asked', async () => {
    const { kept, keptWhenAsked } = await told('wrong');
    expect(kept.map(({ username, password, process }) => [username, password, process?.name])).toEqual([['user', 'wrong', 'one']]);
    expect(keptWhenAsked).toEqual([[null, null]]);
  });

  test.each<[string, string, Given, { readonly kind: string; readonly outcome: string | null; readonly hasEnded: boolean }]>([
    ['it is wrong', 'wrong', {}, { kind: 'refused', outcome: 'current_wrong', hasEnded: true }],
    ['something else is', 'right', { answer: 'refuses' }, { kind: 'refused', outcome: 'refused', hasEnded: true }],
    ['it is right', 'right', {}, { kind: 'applied', outcome: 'applied', hasEnded: true }],
    ['nothing, since nothing was sent', 'wrong', { answer: 'not sent' }, { kind: 'unknown', outcome: 'not_submitted', hasEnded: true }],
    ['nothing clear', 'right', { answer: 'error, not made' }, { kind: 'unknown', outcome: 'unknown', hasEnded: true }],
    ['nothing, since the answer was lost', 'wrong', { fault: 'answer lost' }, { kind: 'unknown', outcome: 'unknown', hasEnded: true }],
    ['nothing, since it died', 'wrong', { fault: 'dies after' }, { kind: 'nothing', outcome: null, hasEnded: false }],
    ['nothing, since the ledger was out of reach', 'wrong', { ledger: new Error('lost') }, { kind: 'nothing', outcome: null, hasEnded: true }],
  ])('%s', async (_, current, given, expected) => {
    expect(await told(current, given)).toMatchObject(expected);
  });

  test('and nothing of one that the ledger did not allow', async () => {
    expect((await told('wrong', { ledger: new RcmError('login_not_allowed', 'Not now.') })).kept).toEqual([]);
    expect((await told('wrong', { ledger: new Error('the ledger does not allow this login') })).kept).toEqual([]);
  });
});
