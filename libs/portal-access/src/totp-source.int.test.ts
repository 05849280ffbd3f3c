import type { Database } from '@rcm/db';
import { totpCode } from '@rcm/portal-drivers';
import { type Clock, Secret, systemClock } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OneLogin, openOneLogin } from './one-login.fixture.ts';
import { reserveTotp } from './totp-source.ts';

const PERIOD_MS = 10_000;
const seed = new Secret('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP');
const place = { orgId: 'hospital-one', endpointId: 'portal-1' };
const identity = 'a'.repeat(64);
let one: OneLogin;
let db: Database;

beforeAll(async () => {
  one = await openOneLogin({ loginIdentity: identity, totpPeriodSeconds: PERIOD_MS / 1000 });
  ({ db } = one);
});
afterAll(() => one?.close());

/** The real clock, set forward by what the page takes until it asks. */
function clockWith(page: { slowMs: number }): Clock {
  return { now: () => new Date(Date.now() + page.slowMs), sleep: systemClock.sleep };
}

const intoStepMs = (): number => Date.now() % PERIOD_MS;
const stepNow = (): number => Math.floor(Date.now() / PERIOD_MS);
let lastStep = 0;

async function codeAfter(slowMs: number): Promise<{ readonly step: number; readonly code: string }> {
  // Reserved in the second half of a step that nobody used, with one to two seconds to its last ones.
  while (intoStepMs() < 5_000 || intoStepMs() > 5_300 || stepNow() === lastStep) await systemClock.sleep(50);
  const step = stepNow();
  lastStep = step;
  const page = { slowMs: 0 };
  const signal = new AbortController().signal;
  const code = await reserveTotp({
    db,
    clock: clockWith(page),
    orgId: place.orgId,
    loginIdentity: identity,
    seed,
    periodSeconds: PERIOD_MS / 1000,
    skew: 0,
    waitMs: 30_000,
    signal,
  });
  page.slowMs = slowMs;
  return { step, code: (await code()).reveal() };
}

const codeOf = (step: number): string => totpCode({ seed, step }).reveal();

it('a page that asks soon is given the code of the step that was reserved', async () => {
  const { step, code } = await codeAfter(200);
  expect(code).toBe(codeOf(step));
}, 60_000);

it('a page that asks in the last seconds of that step is given the next one’s', async () => {
  const { step, code } = await codeAfter(3_000);
  expect(code).not.toBe(codeOf(step));
  expect(code).toBe(codeOf(step + 1));
}, 60_000);
