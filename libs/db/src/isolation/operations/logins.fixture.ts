import { deviceDates, deviceValidity, forgetDevice, noteDevice } from '../../devices/device.ts';
import { acquireExclusiveLease, acquireSharedLease } from '../../leases/acquire.ts';
import { releaseLease, renewLease } from '../../leases/upkeep.ts';
import { withdrawWriterIntent } from '../../leases/writer-intent.ts';
import { beginLoginAttempt, checkLoginAttempt, finishLoginAttempt } from '../../ledger/attempt.ts';
import { hasFullBudget, mayBeLocked, remainingBudget } from '../../ledger/budget.ts';
import { clearLogin } from '../../ledger/clearance.ts';
import { coolDownLogin } from '../../ledger/cool-down.ts';
import { recordKeptSession } from '../../ledger/login-use.ts';
import { passwordState } from '../../ledger/password-state.ts';
import { acceptedAnother } from '../../ledger/accepted-since.ts';
import { changeWasRefused, forgetPasswords, passwordTries } from '../../ledger/password.ts';
import { PRINTS, type Operations } from './named.fixture.ts';

const ASKED = { portalTypeCode: 'alpine', fingerprints: PRINTS, rules: { windowMs: 60_000, suspects: 3 } };

/** Operations on a login that is used: leases, the ledger, devices and passwords. */
export const LOGINS: Operations = {
  acquireSharedLease: (t, n) => acquireSharedLease(t.agent, { ...n, holder: 'h', ttlMs: 1000 }),
  acquireExclusiveLease: (t, n) => acquireExclusiveLease(t.rotator, { ...n, holder: 'h', ttlMs: 1000, wantMs: 0 }),
  'renewLease of an agent': (t, n) => renewLease(t.agent, { ...n, ttlMs: 1000 }),
  renewLease: (t, n) => renewLease(t.rotator, { ...n, ttlMs: 1000 }),
  releaseLease: (t, n) => releaseLease(t.rotator, n),
  withdrawWriterIntent: (t, n) => withdrawWriterIntent(t.rotator, { ...n, holder: 'h' }),
  beginLoginAttempt: (t, n) => beginLoginAttempt(t.agent, { ...n, actor: 'agent', version: '1', fingerprints: PRINTS, rotationAttemptId: undefined as never }),
  recordKeptSession: (t, n) => recordKeptSession(t.agent, { ...n, version: '1' }),
  deviceValidity: (t, n) => deviceValidity(t.agent, n).then(({ now: _, ...validity }) => validity),
  deviceDates: (t, n) => deviceDates(t.migrator, n),
  noteDevice: (t, n) => noteDevice(t.agent, { ...n, act: 'kept' }),
  forgetDevice: (t, n) => forgetDevice(t.rotator, { ...n, actor: 'a', reason: 'r' }),
  checkLoginAttempt: (t, n) => checkLoginAttempt(t.rotator, { ...n, actor: 'rotator', version: '1', fingerprints: PRINTS }),
  finishLoginAttempt: (t, n) => finishLoginAttempt(t.rotator, { ...n, outcome: 'rejected', effect: 'bad', coolDownMs: 1000 }),
  remainingBudget: (t, n) => remainingBudget(t.agent, n),
  passwordState: (t, n) => passwordState(t.agent, { ...n, ...ASKED, version: '1', propagationDelayMs: 1000 }),
  passwordTries: (t, n) => passwordTries(t.rotator, { ...n, fingerprints: PRINTS, since: new Date(0) }).then(({ now: _, ...record }) => record),
  changeWasRefused: (t, n) => changeWasRefused(t.rotator, { ...n, rotationAttemptId: n.attemptId, fingerprints: PRINTS }),
  acceptedAnother: (t, n) => acceptedAnother(t.rotator, { ...n, fingerprints: [], since: new Date(0) }),
  forgetPasswords: (t, n) => forgetPasswords(t.rotator, { ...n, keep: [] }),
  clearLogin: (t, n) => clearLogin(t.rotator, { ...n, kind: 'unlocked', actor: 'a', reason: 'r' }),
  coolDownLogin: (t, n) => coolDownLogin(t.agent, { ...n, version: '1', actor: 'agent', forMs: 1000 }),
  mayBeLocked: (t, n) => mayBeLocked(t.agent, n),
  hasFullBudget: (t, n) => hasFullBudget(t.migrator, n),
};
