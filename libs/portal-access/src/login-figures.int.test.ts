import { identityKeys, type IdentityKeys, loginIdentity, parsePayload } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { acquireSharedLease } from '@rcm/db/leases';
import type { PortalDriver } from '@rcm/portal-drivers';
import { createLogger, createMetrics, type Metrics, RcmError, Secret, systemClock } from '@rcm/telemetry';
import { alarmsTold } from '@rcm/telemetry/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { guardedLogin } from './guarded-login.ts';
import { type OneLogin, openOneLogin } from './one-login.fixture.ts';
import { reserveTotp } from './totp-source.ts';

const keys: IdentityKeys = identityKeys({ RCM_IDENTITY_KEY: new Secret('k'.repeat(32)), RCM_IDENTITY_KEY_ID: '1' });
const identity = loginIdentity(keys, { realm: 'portal', usernameCase: 'exact' }, 'anna').id;
const logger = createLogger({ name: 'test', level: 'silent' });

let one: OneLogin;
let metrics: Metrics;
beforeAll(async () => void (one = await openOneLogin({ loginIdentity: identity })));
afterAll(() => one?.close());
beforeEach(() => void (metrics = createMetrics()));

/** A portal that refuses everybody. */
const driver: PortalDriver = {
  hash: 'h'.repeat(64),
  openSession: async () => ({
    async login({ beforeSubmit }) {
      await beforeSubmit();
      return { outcome: { kind: 'rejected' }, submitted: true };
    },
    changePassword: () => Promise.reject(new Error('nobody changes a password here')),
    runTask: () => Promise.reject(new Error('nobody has a task here')),
    isLoggedIn: async () => true,
    close: async () => undefined,
  }),
};

it('each login is measured by what the portal said, each refusal of the ledger by its reason, and many refusals are told of', async () => {
  const { db, place } = one;
  const endpoint = await getEndpoint(db, place);
  const lease = await acquireSharedLease(db, { ...place, holder: 'h', ttlMs: 600_000 });
  if (!endpoint || !lease.granted) throw new Error('no login');
  const logIn = () =>
    guardedLogin({
      ...{ db, clock: systemClock, logger, metrics, driver, endpoint, loginIdentity: identity, leaseId: lease.lease.id, actor: 'agent', version: '1', keys },
      payload: parsePayload(new Secret(JSON.stringify({ username: 'anna', password: 'Not-This-One-1' }))),
      ...{
        illness: { windowMs: 600_000, suspects: 3 },
        timing: { loginDeadlineMs: 60_000, totpWaitMs: 60_000, personWaitMs: 60_000 },
        signal: new AbortController().signal,
      },
    });
  expect((await logIn()).kind).toBe('refused');
  for (let n = 0; n < 20; n += 1) expect((await logIn()).kind).toBe('not_allowed');
  expect(await alarmsTold(metrics, 'web-agent')).toEqual({ prometheus: [], cloudWatch: [] });
  await logIn();
  expect(await alarmsTold(metrics, 'web-agent')).toEqual({ prometheus: ['rcm-ledger-refuses'], cloudWatch: ['rcm-ledger-refuses'] });
  const text = await metrics.exposition();
  expect(text).toContain('rcm_login_seconds_count{outcome="rejected"} 1');
  // The password cools down after its refusal, and then the budget is not enough: which of the two is met first is the machine's.
  const refused = (reason: string) => Number(new RegExp(`rcm_login_refusals_total\\{reason="${reason}"\\} (\\d+)`).exec(text)?.[1]);
  expect(refused('password_suspect') + refused('password_bad') + refused('budget_spent')).toBe(21);
});

it('logins that wait for codes are counted while they wait, and many are told of', async () => {
  const { db, place } = one;
  const stop = new AbortController();
  const clock = { ...systemClock };
  const waiting = metrics.gauge('rcm_code_waits');
  const seed = new Secret('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP');
  const all = Array.from({ length: 6 }, () =>
    reserveTotp({
      db,
      clock,
      orgId: place.orgId,
      loginIdentity: identity,
      seed,
      periodSeconds: 600,
      skew: 0,
      waitMs: 3_600_000,
      waiting,
      signal: stop.signal,
    }).catch((error: unknown) => (error instanceof RcmError ? error.code : error)),
  );
  await expect.poll(async () => (await alarmsTold(metrics, 'web-agent')).prometheus, { timeout: 60_000 }).toEqual(['rcm-codes-wait']);
  expect((await alarmsTold(metrics, 'web-agent')).cloudWatch).toEqual(['rcm-codes-wait']);
  stop.abort();
  await Promise.all(all);
  expect(await alarmsTold(metrics, 'web-agent')).toEqual({ prometheus: [], cloudWatch: [] });
});
