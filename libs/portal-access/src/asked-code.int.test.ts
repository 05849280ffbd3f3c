import { identityKeys, type IdentityKeys, loginIdentity, parsePayload } from '@rcm/credentials';
import { type EndpointRow, getEndpoint, openDatabase } from '@rcm/db';
import { answerCodeRequest, keyOfCodeRequest, listWantedCodes, sealCode } from '@rcm/db/codes';
import { acquireSharedLease } from '@rcm/db/leases';
import { urlFor } from '@rcm/db/testing';
import type { PortalDriver } from '@rcm/portal-drivers';
import { type Clock, createLogger, createMetrics, RcmError, Secret, systemClock } from '@rcm/telemetry';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { guardedLogin } from './guarded-login.ts';
import type { GuardedLogin, GuardedResult } from './login-request.ts';
import { loginCodes } from './one-time-code.ts';
import { type OneLogin, openOneLogin } from './one-login.fixture.ts';
import { PersonPlaces } from './person-places.ts';

const keys: IdentityKeys = identityKeys({ RCM_IDENTITY_KEY: new Secret('k'.repeat(32)), RCM_IDENTITY_KEY_ID: '1' });
const identity = loginIdentity(keys, { realm: 'portal', usernameCase: 'exact' }, 'anna').id;
const logger = createLogger({ name: 'test', level: 'silent' });
const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

let one: OneLogin;
let endpoint: EndpointRow;
let opened: number;
beforeAll(async () => {
  one = await openOneLogin({ loginIdentity: identity, totpPeriodSeconds: 300 });
  const row = await getEndpoint(one.db, one.place);
  if (!row) throw new Error('no endpoint');
  endpoint = row;
});
afterAll(() => one?.close());
beforeEach(() => void (opened = 0));

/** A portal that lets everybody in, and asks for no code today. */
const driver: PortalDriver = {
  hash: 'h'.repeat(64),
  openSession: async () => {
    opened += 1;
    return {
      async login({ beforeSubmit }) {
        await beforeSubmit();
        return { outcome: { kind: 'accepted' }, submitted: true };
      },
      changePassword: () => Promise.reject(new Error('nobody changes a password here')),
      runTask: () => Promise.reject(new Error('nobody has a task here')),
      isLoggedIn: async () => true,
      close: async () => undefined,
    };
  },
};

async function leaseId(): Promise<string> {
  const lease = await acquireSharedLease(one.db, { ...one.place, holder: 'h', ttlMs: 600_000 });
  if (!lease.granted) throw new Error(lease.reason);
  return lease.lease.id;
}
const payloadOf = (factors: readonly string[]) =>
  parsePayload(new Secret(JSON.stringify({ username: 'anna', password: 'Not-This-One-1', mfa_seed: SEED, second_factors: factors })));
const LONG_MS = 600_000;

async function logIn(places: PersonPlaces, how: Partial<GuardedLogin> = {}): Promise<GuardedResult> {
  return guardedLogin({
    ...{ db: one.db, clock: systemClock, logger, driver, endpoint, loginIdentity: identity, leaseId: await leaseId(), actor: 'agent', version: '1', keys },
    payload: payloadOf(['person']),
    illness: { windowMs: LONG_MS, suspects: 3 },
    timing: { loginDeadlineMs: LONG_MS, totpWaitMs: LONG_MS, personWaitMs: LONG_MS, personPlaces: places },
    signal: new AbortController().signal,
    ...how,
  });
}

describe('the places of a process at which logins wait for people', () => {
  it('are bounded: one more is told when to come again, before a browser is opened', async () => {
    const places = new PersonPlaces(1);
    const leave = places.take();
    expect(await logIn(places)).toMatchObject({ kind: 'not_allowed', reason: 'many_wait', until: expect.any(Date) as Date });
    expect(opened).toBe(0);
    leave?.();
    for (let n = 0; n < 3; n += 1) expect(await logIn(places)).toMatchObject({ kind: 'accepted' });
  });

  it('keep neither a login that asks nobody waiting, nor a person who asked for one', async () => {
    const places = new PersonPlaces(1);
    places.take();
    expect(await logIn(places, { payload: payloadOf(['totp']) })).toMatchObject({ kind: 'accepted' });
    expect(await logIn(places, { actor: 'person' })).toMatchObject({ kind: 'accepted' });
    expect(await logIn(places)).toMatchObject({ kind: 'not_allowed' });
  });

  it('are given back, and the turn with them, where a factor after the person fails', async () => {
    const places = new PersonPlaces(1);
    const metrics = createMetrics();
    const request = { db: one.db, clock: systemClock, logger, metrics, endpoint, loginIdentity: identity, actor: 'agent', keys, personPlaces: places } as const;
    const asked = { waitMs: 1, personWaitMs: 1, signal: new AbortController().signal, payload: payloadOf(['person', 'totp']) };
    // Each time-step goes to one login, and this one lasts for five minutes.
    const ends = [];
    for (let n = 0; n < 3; n += 1) ends.push(await loginCodes({ ...request, ...asked, leaseId: await leaseId() }).then((codes) => codes?.end(), errorCode));
    expect(ends).toContain('deadline_exceeded');
    expect(await logIn(places, { timing: { loginDeadlineMs: LONG_MS, totpWaitMs: LONG_MS, personWaitMs: 1, personPlaces: places } })).toMatchObject({
      kind: 'accepted',
    });
  });
});

it('a login waits for its turn no longer where somebody sets the clock back meanwhile', async () => {
  let setBackMs = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => new Date(Date.now() - setBackMs),
    sleep(ms, signal) {
      setBackMs = 3_600_000;
      return systemClock.sleep(ms, signal);
    },
  };
  const request = {
    db: one.db,
    clock,
    logger,
    endpoint,
    loginIdentity: identity,
    actor: 'agent',
    keys,
    waitMs: LONG_MS,
    payload: payloadOf(['person']),
  } as const;
  const first = await loginCodes({ ...request, leaseId: await leaseId(), personWaitMs: LONG_MS, signal: new AbortController().signal });
  onTestFinished(() => first?.end());
  const late = loginCodes({ ...request, leaseId: await leaseId(), personWaitMs: 300, signal: AbortSignal.timeout(15_000) });
  expect(await late.then(() => 'a turn', errorCode)).toBe('deadline_exceeded');
});

it('a code that came to a process that has stood still since is not given to its login', async () => {
  const operator = openDatabase({ url: urlFor('rcm_operator', one.url), applicationName: 'operator', role: 'rcm_operator', maxConnections: 1 });
  onTestFinished(() => operator.close());
  const request = {
    db: one.db,
    clock: systemClock,
    logger,
    endpoint,
    loginIdentity: identity,
    actor: 'agent',
    keys,
    waitMs: LONG_MS,
    personWaitMs: LONG_MS,
  } as const;
  const codesWhile = async (assertHeld: () => void) => {
    const asked = { payload: payloadOf(['person']), leaseId: await leaseId(), signal: new AbortController().signal, assertHeld };
    const codes = await loginCodes({ ...request, ...asked });
    if (!codes) throw new Error('no codes');
    onTestFinished(() => codes.end());
    const given = codes.next().then((code) => code?.reveal(), errorCode);
    const scope = 'every tenant';
    for (;;) {
      const [wanted] = await listWantedCodes(operator, { limit: 1 });
      const key = wanted && (await keyOfCodeRequest(operator, wanted.id, scope));
      if (wanted && key) {
        const sealed = sealCode(key.publicKey, wanted.id, new Secret('123456'));
        expect(await answerCodeRequest(operator, wanted.id, { sealed, actor: 'person:os:jane', reason: 'a test', scope })).toBe('answered');
        const ended = [await given, codes.given(), codes.brokenOff()];
        await codes.end();
        return ended;
      }
      await systemClock.sleep(50);
    }
  };
  expect(await codesWhile(() => undefined)).toEqual(['123456', true, false]);
  const lost = () => {
    throw new RcmError('lease_lost', 'The lease ran out while the process stood still.');
  };
  expect(await codesWhile(lost)).toEqual(['lease_lost', false, true]);
});

it('gives no code, of whatever factor, while its lease is over, and once the login has ended', async () => {
  let assertHeld: () => void = () => {
    throw new RcmError('lease_lost', 'The lease ran out while the process stood still.');
  };
  const of = {
    db: one.db,
    clock: systemClock,
    logger,
    endpoint,
    loginIdentity: identity,
    actor: 'agent',
    keys,
    waitMs: LONG_MS,
    personWaitMs: LONG_MS,
  } as const;
  const payload = payloadOf(['backup_codes']).map((given) => ({ ...given, backup_codes: ['code-1', 'code-2', 'code-3'] }));
  const asked = { payload, leaseId: await leaseId(), signal: new AbortController().signal, assertHeld: () => assertHeld() };
  const codes = await loginCodes({ ...of, ...asked });
  if (!codes) throw new Error('no codes');
  onTestFinished(() => codes.end());
  const next = () => codes.next().then((code) => code?.reveal(), errorCode);
  expect([await next(), codes.given()]).toEqual(['lease_lost', false]);
  assertHeld = () => undefined;
  expect([await next(), codes.given()]).toEqual(['code-2', true]);
  await codes.end();
  expect(await next()).toBe('cancelled');
});

const errorCode = (error: unknown): unknown => (error as { readonly code?: string }).code;
