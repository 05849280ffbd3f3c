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

interface Clocks {
  setBackMs: number;
  /** The machine slept meanwhile, and what has elapsed knows nothing of it. */
  sleptMs: number;
}

/** The real clock, forward by what the page takes until it asks. */
function clockWith(page: { slowMs: number } & Clocks): Clock {
  return { ...systemClock, now: () => new Date(Date.now() + page.slowMs - page.setBackMs), elapsed: () => performance.now() + page.slowMs - page.sleptMs };
}

const intoStepMs = (): number => Date.now() % PERIOD_MS;
const stepNow = (): number => Math.floor(Date.now() / PERIOD_MS);
let lastStep = 0;

async function codeAfter(slowMs: number, clocks: Partial<Clocks> = {}): Promise<{ readonly step: number; readonly code: string }> {
  // Reserved in the second half of a step that nobody used, with one to two seconds to its last ones.
  while (intoStepMs() < 5_000 || intoStepMs() > 5_300 || stepNow() === lastStep) await systemClock.sleep(50);
  const step = stepNow();
  const page = { slowMs: 0, setBackMs: 0, sleptMs: 0 };
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
  Object.assign(page, { slowMs, ...clocks });
  const given = (await code()).reveal();
  // A page that was given the next step's has used that one, too.
  lastStep = stepNow();
  return { step, code: given };
}

const codeOf = (step: number): string => totpCode({ seed, step }).reveal();

it('a page that asks soon is given the code of the step that was reserved', async () => {
  const { step, code } = await codeAfter(200);
  expect(code).toBe(codeOf(step));
}, 60_000);

it.each([
  ['', {}],
  [', also where somebody has set the clock back', { setBackMs: 3_600_000 }],
  [', also where the machine has slept', { sleptMs: 3_000 }],
])(
  'a page that asks in the last seconds of that step is given the next one’s%s',
  async (_, clocks) => {
    const { step, code } = await codeAfter(3_000, clocks);
    expect(code).not.toBe(codeOf(step));
    expect(code).toBe(codeOf(step + 1));
  },
  60_000,
);
