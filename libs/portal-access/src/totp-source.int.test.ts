import { type Database, insertEndpoint, openDatabase, recordMigrated, upsertOrganization, upsertPortalType } from '@rcm/db';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { totpCode } from '@rcm/portal-drivers';
import { type Clock, Secret, systemClock } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { reserveTotp } from './totp-source.ts';

const PERIOD_MS = 10_000;
const seed = new Secret('JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP');
const place = { orgId: 'hospital-one', endpointId: 'portal-1' };
const identity = 'a'.repeat(64);
let db: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  const database = await freshDatabase({ migrate: migrateWithLogins });
  drop = database.drop;
  const owner = openDatabase({ url: database.url, applicationName: 'totp-source-test' });
  await upsertOrganization(owner, { id: place.orgId, name: 'Hospital One' });
  await upsertPortalType(owner, {
    code: 'portal',
    name: 'Portal',
    hosts: ['portal.example'],
    driver: 'recipe',
    recipe: {},
    passwordRules: 'minlength: 8;',
    rotationMode: 'automatic',
    rotationIntervalDays: 60,
    rotationSpreadDays: 0,
    lockoutThreshold: 3,
    lockoutMargin: 1,
    lockoutWindowSeconds: 900,
    settleMs: 100,
    totpSkew: 0,
    totpPeriodSeconds: PERIOD_MS / 1000,
    maxSessionsPerAccount: 1,
    maxConcurrency: 1,
  });
  await insertEndpoint(owner, {
    id: place.endpointId,
    orgId: place.orgId,
    portalTypeCode: 'portal',
    accountId: 'account-1',
    baseUrl: 'https://portal.example',
  });
  const secretArn = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/hospital-one/endpoints/portal-1/account-1';
  await recordMigrated(owner, { ...place, secretArn, version: '1', loginIdentity: identity, fingerprint: 'f' });
  await owner.close();
  db = openDatabase({ url: urlFor('rcm_agent', database.url), applicationName: 'totp-source-test', role: 'rcm_agent' });
  // The first connection takes its time, which is not the matter of the tests.
  await db.ping();
});
afterAll(async () => {
  await db.close();
  await drop();
});

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
