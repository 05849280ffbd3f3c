import { openDatabase } from '@rcm/db';
import { applyMigrations, ensureAppLogin, insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { recordMigrated } from '@rcm/db/migration';
import { Secret } from '@rcm/telemetry';
import { type FreshDatabase, freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCost } from './cli.ts';
import type { CostReport } from './report.ts';

let database: FreshDatabase;
let rotatorUrl: string;

const PORTAL_TYPE: Parameters<typeof upsertPortalType>[1] = {
  code: 'alpine',
  name: 'Alpine Health',
  hosts: ['alpine.example'],
  driver: 'recipe',
  recipe: { login: [] },
  passwordRules: 'minlength: 12',
  rotationMode: 'automatic',
  rotationIntervalDays: 73,
  rotationSpreadDays: 0,
  lockoutThreshold: 4,
  lockoutMargin: 1,
  lockoutWindowSeconds: 900,
  propagationDelayMs: 1_000,
  totpSkew: 1,
  totpPeriodSeconds: 30,
  maxSessionsPerAccount: 2,
  maxConcurrency: 4,
};

beforeAll(async () => {
  database = await freshDatabase({ migrate: (url) => applyMigrations({ url }).then(() => undefined) });
  const db = openDatabase({ url: database.url, applicationName: 'test' });
  await upsertPortalType(db, PORTAL_TYPE);
  const secrets = [
    ['alpha', 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/alpha/endpoints/a/account'],
    ['alpha', 'arn:aws:secretsmanager:us-east-1:123456789012:secret:rcm/test/alpha/endpoints/b/account-AbCdEf'],
    ['beta', 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/beta/endpoints/c/account'],
  ] as const;
  for (const [i, [orgId, secretArn]] of secrets.entries()) {
    await upsertOrganization(db, { id: orgId, name: orgId });
    await insertEndpoint(db, { id: `endpoint-${i}`, orgId, portalTypeCode: 'alpine', accountId: `account-${i}`, baseUrl: 'https://alpine.example/' });
    await recordMigrated(db, { endpointId: `endpoint-${i}`, orgId, secretArn, version: '1', loginIdentity: String(i).repeat(64), fingerprint: 'none' });
  }
  await db.close();
  rotatorUrl = await loginUrl('rcm_rotator', 'cost_rotator');
});
afterAll(() => database.drop());

async function loginUrl(role: 'rcm_rotator' | 'rcm_agent', name: string): Promise<string> {
  await ensureAppLogin({ adminUrl: database.url, role, name, password: new Secret('only-for-tests') });
  const url = new URL(database.url);
  url.username = name;
  url.password = 'only-for-tests';
  return url.href;
}

async function run(url: string) {
  const [out, error]: [string[], string[]] = [[], []];
  const exitCode = await runCost(['--json'], { environment: { RCM_DATABASE_URL: url }, out: (text) => out.push(text), error: (text) => error.push(text) });
  return { exitCode, report: JSON.parse(out.join('')) as CostReport, error: error.join('') };
}

test('counts what the rows name, as the rotator', async () => {
  const { exitCode, report } = await run(rotatorUrl);
  expect(exitCode).toBe(0);
  expect(report.deployment).toMatchObject({ ssm: 2, secretsManager: 1, vault: 0, rotationsPerYear: 15 });
  expect(report.organizations.map(({ orgId, credentials }) => [orgId, credentials])).toEqual([
    ['alpha', 2],
    ['beta', 1],
  ]);
  // A key, a secret in Secrets Manager, and next to nothing for three credentials' calls.
  expect(report.monthly.usd).toBe(1.4);
});

test('is refused to an agent and to a superuser, with exit code 2 and a sentence', async () => {
  for (const url of [await loginUrl('rcm_agent', 'cost_agent'), database.url]) {
    const { exitCode, error } = await run(url);
    expect(exitCode).toBe(2);
    expect(error).toContain('rcm_rotator');
  }
});

test('says that the database cannot be reached', async () => {
  const { exitCode, error } = await run('postgresql://nobody@127.0.0.1:1/none');
  expect([exitCode, error.length > 0]).toEqual([1, true]);
});
