import { identityKeys, loginIdentity, parsePayload } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { acquireSharedLease } from '@rcm/db/leases';
import type { LoginOutcome, PortalDriver } from '@rcm/portal-drivers';
import { createLogger, Secret, systemClock } from '@rcm/telemetry';
import { expect, it } from 'vitest';
import { guardedLogin } from './guarded-login.ts';
import { loginError } from './login-error.ts';
import { openOneLogin } from './one-login.fixture.ts';

const keys = identityKeys({ RCM_IDENTITY_KEY: new Secret('k'.repeat(32)), RCM_IDENTITY_KEY_ID: '1' });
const identity = loginIdentity(keys, { realm: 'portal', usernameCase: 'exact' }, 'anna').id;

/** A login of its own, at a portal that answers so. */
async function logins(outcome: LoginOutcome) {
  const one = await openOneLogin({ loginIdentity: identity });
  const { db, place } = one;
  const asked = { times: 0 };
  const driver: PortalDriver = {
    hash: 'h'.repeat(64),
    openSession: async () => ({
      async login({ beforeSubmit }) {
        await beforeSubmit();
        asked.times += 1;
        return { outcome, submitted: true };
      },
      changePassword: () => Promise.reject(new Error('nobody changes a password here')),
      runTask: () => Promise.reject(new Error('nobody has a task here')),
      isLoggedIn: async () => true,
      close: async () => undefined,
    }),
  };
  const endpoint = await getEndpoint(db, place);
  const lease = await acquireSharedLease(db, { ...place, holder: 'h', ttlMs: 600_000 });
  if (!endpoint || !lease.granted) throw new Error('no login');
  const logIn = async () => {
    const result = await guardedLogin({
      ...{ db, clock: systemClock, logger: createLogger({ name: 'test', level: 'silent' }), driver, endpoint },
      ...{ loginIdentity: identity, leaseId: lease.lease.id, actor: 'agent', version: '1', keys },
      payload: parsePayload(new Secret(JSON.stringify({ username: 'anna', password: 'Not-This-One-1' }))),
      illness: { windowMs: 600_000, suspects: 3 },
      timing: { loginDeadlineMs: 60_000, totpWaitMs: 60_000, personWaitMs: 60_000 },
      signal: new AbortController().signal,
    });
    if (result.kind === 'accepted' || result.kind === 'must_change') throw new Error('nobody is let in here');
    return { result, error: loginError(endpoint, result) };
  };
  return { logIn, asked, close: () => one.close() };
}

const until = new Date(Date.now() + 3_600_000);

/** By either clock, of which the asker's is as far behind as its question took. */
const isRightAfter = (told: Date): boolean => told >= until && told.getTime() < until.getTime() + 300_000;

it.each<LoginOutcome>([
  { kind: 'throttled', until },
  { kind: 'locked', until },
  { kind: 'rejected_or_locked', until },
  { kind: 'challenged', until },
  { kind: 'mfa_required', until },
  { kind: 'mfa_rejected', until },
])('after $kind with a moment, no login of the account is begun before it', async (outcome) => {
  const { logIn, asked, close } = await logins(outcome);
  expect((await logIn()).error.details).toMatchObject({ outcome: outcome.kind, until: until.toISOString() });
  const { result } = await logIn();
  expect(result).toMatchObject({ kind: 'not_allowed' });
  // A lock has a reason of its own, which may hold for longer.
  if (outcome.kind !== 'locked') expect(result).toMatchObject({ reason: 'throttled', until: expect.toSatisfy(isRightAfter) as Date });
  expect(asked.times).toBe(1);
  await close();
});

it('after one without a moment, and while a portal is away, the ledger holds nothing back; whoever asked is told until when it is away', async () => {
  for (const outcome of [{ kind: 'mfa_required' }, { kind: 'unavailable', detail: 'maintenance', until }] as const) {
    const { logIn, asked, close } = await logins(outcome);
    const { error } = await logIn();
    expect(error.details.until).toBe(outcome.kind === 'unavailable' ? until.toISOString() : undefined);
    await logIn();
    expect(asked.times).toBe(2);
    await close();
  }
});
