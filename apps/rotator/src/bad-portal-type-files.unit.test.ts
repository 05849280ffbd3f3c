import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecipeFile } from '@rcm/portal-drivers';
import { createLogger, explain, isRcmError } from '@rcm/telemetry';
import { faultsOfRefusal, noDocuments, part, spoiled } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readPortalTypeFile } from './portal-type-file.ts';

const GOOD = {
  ...{ code: 'alpine', name: 'Alpine Health', hosts: ['alpine.example', { host: '10.0.0.1:8443', address: 'private' }], recipe: 'alpine.yaml' },
  ...{ passwordRules: 'minlength: 10; required: upper; history: 5', rotationMode: 'automatic', rotationIntervalDays: 60, rotationSpreadDays: 3 },
  ...{ lockoutThreshold: 4, lockoutMargin: 1, lockoutCounts: 'window', lockoutWindowSeconds: 900, lockoutLastsSeconds: 900, lockoutCountsCodes: true },
  ...{
    accountRealm: 'alpine',
    usernameCase: 'exact',
    propagationDelayMs: 1_000,
    totpSkew: 1,
    totpPeriodSeconds: 30,
    maxSessionsPerAccount: 1,
    maxConcurrency: 1,
  },
  ...{
    maxTaskConcurrency: 2,
    maintenanceWindows: ['sun 02:00-04:00'],
    maintenanceTimeZone: 'America/Chicago',
    passwordExpiresDays: 90,
    expiryHeadStartDays: 7,
  },
  ...{ dormantAfterDays: 60, dormantCounts: 'login', recertifyEveryDays: 365, backupCodes: 10, verifyEveryDays: 30 },
  ...{ automation: 'allowed', termsVersion: 'of 2026', termsDate: '2026-03-01', automationDecidedBy: 'anna' },
};

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bad-portal-types-'));
  writeFileSync(join(folder, 'alpine.yaml'), JSON.stringify(await readRecipeFile('alpine')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** As a person is told of it. */
const told = (error: unknown): unknown =>
  isRcmError(error) ? { name: 'RcmError', code: error.code, message: explain(error, createLogger({ name: 'test' })).sentence } : error;

async function refusalOf(text: string): Promise<unknown> {
  const file = join(folder, 'portal-type.json');
  writeFileSync(file, text);
  return readPortalTypeFile(file).then(
    () => undefined,
    (error: unknown) => told(error),
  );
}

it('a good one is read', async () => expect(await refusalOf(JSON.stringify(GOOD))).toBeUndefined());

it('whatever is wrong in a file of a portal type is refused by its name, in words of ours', async () => {
  const faults: string[] = [];
  for (const one of part(spoiled(GOOD), 5))
    for (const fault of faultsOfRefusal(await refusalOf(JSON.stringify(one.value)), one)) faults.push(`${one.what} ${fault}`);
  for (const text of noDocuments(JSON.stringify(GOOD))) {
    const refusal = await refusalOf(text);
    expect([text.slice(0, 50), refusal]).toEqual([text.slice(0, 50), expect.anything()]);
    faults.push(...faultsOfRefusal(refusal, { names: [] }).map((fault) => `${text.slice(0, 50)} ${fault}`));
  }
  expect(faults).toEqual([]);
});
