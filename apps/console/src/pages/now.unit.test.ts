import type { LoginInFull } from '@rcm/db/fleet';
import { describe, expect, test } from 'vitest';
import { LOGIN_ACTS } from '../acts/acts.ts';
import { standsNow } from './now.ts';

const budget = { failuresLeft: 3, of: 3, why: null, until: null };
/** A login that nothing is the matter with. */
const WELL = {
  ...{ retiredAt: null, stored: true, attempt: null, rotationMode: 'automatic', oldReaders: false, shared: false, pauses: [], portalStopped: null },
  ...{ automation: 'allowed', budget },
} as unknown as LoginInFull;
const of = (act: (typeof LOGIN_ACTS)[number]['act'], more: object = {}) => standsNow({ act }, { ...WELL, ...more });
const STAGED = { attempt: { state: 'staged' } };
const SPENT = { budget: { ...budget, failuresLeft: 0, why: 'budget_spent' } };

describe('what an act would meet now', () => {
  test('of a login that nothing is the matter with, what makes logins says how many may fail', () => {
    for (const { act } of LOGIN_ACTS) expect(of(act), act).toBe(['look', 'pause', 'resume', 'break_glass'].includes(act) ? null : '3 of 3 failed logins left');
  });

  test.each<[(typeof LOGIN_ACTS)[number]['act'], object, string]>([
    ['verify', STAGED, 'refused, as a rotation of it is staged'],
    ['set', STAGED, 'refused, as a rotation of it is staged'],
    ['rotate', STAGED, 'goes on with its rotation that is staged'],
    ['break_glass', STAGED, 'a rotation of it is staged: the portal may accept another password than the one that is read'],
    ['verify', SPENT, 'no login is made, as there are 0 of 3 failed logins left (budget spent)'],
    ['set', SPENT, 'no login is made, as there are 0 of 3 failed logins left (budget spent)'],
    ['retry', SPENT, 'no login is made, as there are 0 of 3 failed logins left (budget spent)'],
    ['resolve', SPENT, 'no login is made, as there are 0 of 3 failed logins left (budget spent)'],
    ['unlocked', SPENT, '0 of 3 failed logins left (budget spent)'],
    [
      'rotate',
      { budget: { ...budget, failuresLeft: 1 } },
      'refused, as a rotation starts with 2 failed logins to spare, and there are 1 of 3 failed logins left',
    ],
    ['rollback', { pauses: [{}] }, 'refused, as rotations are paused'],
    ['rotate', { portalStopped: {} }, 'refused, as the rotations of its portal type are stopped'],
    ['rotate', { rotationMode: 'manual' }, 'refused, as people change the passwords of this portal'],
    ['rotate', { automation: 'assisted' }, 'refused, as no program logs in at this portal'],
    ['rollback', { automation: null }, 'refused, as no program logs in at this portal'],
    ['rotate', { oldReaders: true }, 'refused, as plaintext of it still lies in its row'],
    ['rotate', { shared: true }, 'refused, as it also lies under another secret or in another organization'],
    ['set', { stored: false }, 'refused, as no store holds its password yet'],
    ['retry', { retiredAt: new Date() }, 'refused, as the login is used no more'],
    ['verify', { ...STAGED, stored: false }, 'refused, as no store holds its password yet'],
    ['unlocked', { stored: false }, 'refused, as no store holds its password yet'],
    ['rotate', { ...STAGED, stored: false }, 'refused, as no store holds its password yet'],
    ['rotate', { ...STAGED, shared: true }, 'goes on with its rotation that is staged'],
    ['rollback', { stored: false }, 'refused, as no store holds its password yet'],
    ['verify', { budget: null }, 'nobody has logged in with it yet'],
  ])('%s: %j', (act, more, words) => expect(of(act, more)).toBe(words));
});
