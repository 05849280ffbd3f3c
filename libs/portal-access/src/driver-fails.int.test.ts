import { identityKeys, loginIdentity, parsePayload } from '@rcm/credentials';
import { getEndpoint, openDatabase } from '@rcm/db';
import { acquireSharedLease } from '@rcm/db/leases';
import type { LoginOutcome, LoginResult, PortalDriver } from '@rcm/portal-drivers';
import { createLogger, Secret, systemClock } from '@rcm/telemetry';
import { expect, onTestFinished, test } from 'vitest';
import { guardedLogin } from './guarded-login.ts';
import type { GuardedLogin, GuardedResult } from './login-request.ts';
import { openOneLogin } from './one-login.fixture.ts';

const keys = identityKeys({ RCM_IDENTITY_KEY: new Secret('k'.repeat(32)), RCM_IDENTITY_KEY_ID: '1' });
const identity = loginIdentity(keys, { realm: 'portal', usernameCase: 'exact' }, 'anna').id;

/** What a driver does around the moment at which the password leaves the browser. */
type Act = (beforeSubmit: () => Promise<void>, mayLeave?: () => boolean) => Promise<LoginResult>;

interface Ended {
  readonly result: GuardedResult | { readonly threw: string };
  readonly closed: number;
  /** How the ledger has the attempts of the login. */
  readonly outcomes: readonly (string | null)[];
}

async function logIn(act: Act, how: Partial<GuardedLogin> = {}): Promise<Ended> {
  const one = await openOneLogin({ loginIdentity: identity });
  onTestFinished(() => one.close());
  const endpoint = await getEndpoint(one.db, one.place);
  const lease = await acquireSharedLease(one.db, { ...one.place, holder: 'h', ttlMs: 600_000 });
  if (!endpoint || !lease.granted) throw new Error('no endpoint, or no lease of it');
  let closed = 0;
  const never = () => Promise.reject(new Error('nobody asks for that here'));
  const session = { changePassword: never, runTask: never, isLoggedIn: async () => true, close: async () => void (closed += 1) };
  const driver: PortalDriver = {
    hash: 'h'.repeat(64),
    openSession: async () => ({ ...session, login: ({ beforeSubmit, mayLeave }) => act(beforeSubmit, mayLeave) }),
  };
  const result = await guardedLogin({
    ...{ db: one.db, clock: systemClock, logger: createLogger({ name: 'test', level: 'silent' }), driver, endpoint, loginIdentity: identity },
    ...{ leaseId: lease.lease.id, actor: 'agent', version: '1', keys, illness: { windowMs: 600_000, suspects: 3 } },
    payload: parsePayload(new Secret(JSON.stringify({ username: 'anna', password: 'Not-This-One-1' }))),
    timing: { loginDeadlineMs: 60_000, totpWaitMs: 60_000, personWaitMs: 60_000 },
    signal: new AbortController().signal,
    ...how,
  }).catch((error: unknown) => ({ threw: String(error) }));
  const owner = openDatabase({ url: one.url, applicationName: 'test' });
  const rows = await owner.transaction('every tenant', (tx) => tx.$queryRaw<{ outcome: string | null }[]>`SELECT outcome FROM login_attempt`);
  await owner.close();
  return { result, closed, outcomes: rows.map(({ outcome }) => outcome) };
}

const answers =
  (outcome: LoginOutcome): Act =>
  async (beforeSubmit) => {
    await beforeSubmit();
    return { outcome, submitted: true };
  };
const fails = (): Promise<never> => Promise.reject(new Error('the browser is gone'));

test('a driver that fails before it submits has done nothing that counts', async () => {
  expect(await logIn(fails)).toEqual({ result: { threw: 'Error: the browser is gone' }, closed: 1, outcomes: [] });
});

test('a login that may not go on when its row is written was not sent', async () => {
  const assertHeld = () => {
    throw new Error('the lease is gone');
  };
  expect(await logIn(answers({ kind: 'accepted' }), { assertHeld })).toEqual({
    result: { threw: 'Error: the lease is gone' },
    closed: 1,
    outcomes: ['not_submitted'],
  });
});

test('a driver hears right before anything leaves whether the lease still lives', async () => {
  let isOver = false;
  const assertHeld = () => {
    if (isOver) throw new Error('the lease is gone');
  };
  const heard: (boolean | undefined)[] = [];
  await logIn(
    async (beforeSubmit, mayLeave) => {
      await beforeSubmit();
      heard.push(mayLeave?.());
      isOver = true;
      heard.push(mayLeave?.());
      return fails();
    },
    { assertHeld },
  );
  expect(heard).toEqual([true, false]);
});

test('a driver that fails once the password may have been sent counts as a login that nobody knows the end of', async () => {
  const ended = await logIn(async (beforeSubmit) => {
    await beforeSubmit();
    return fails();
  });
  expect(ended).toMatchObject({ result: { kind: 'refused', outcome: { kind: 'unknown' }, submitted: true }, closed: 1, outcomes: ['unknown'] });
});

test('a driver that never came to submit has an answer that the ledger does not count', async () => {
  const ended = await logIn(async () => ({ outcome: { kind: 'unavailable', detail: 'closed at night' } as LoginOutcome, submitted: false }));
  expect(ended).toMatchObject({ result: { kind: 'refused', submitted: false }, closed: 1, outcomes: [] });
});

test.each([
  ['goes on after a login that is accepted', 'accepted', {}, { kind: 'accepted' }, 0],
  ['goes on where a new password is demanded of whoever can give it one', 'password_expired', { mustChange: 'keep' }, { kind: 'must_change' }, 0],
  ['is over where a new password is demanded of anybody else', 'password_expired', {}, { kind: 'refused' }, 1],
  ['is over after a login that is refused', 'rejected', { mustChange: 'keep' }, { kind: 'refused' }, 1],
] as const)('a session %s', async (_what, kind, how, result, closed) => {
  expect(await logIn(answers({ kind }), how)).toMatchObject({ result, closed, outcomes: [kind] });
});
