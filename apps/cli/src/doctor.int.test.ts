import { asSuperuser, migrateWithLogins, urlFor } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { doctor } from './commands/doctor.ts';
import { rcm } from './testing.fixture.ts';

let url: string;
let empty: string;
const drops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  const [migrated, unmigrated] = [await freshDatabase({ migrate: migrateWithLogins }), await freshDatabase({ migrate: async () => {}, template: 'empty' })];
  [url, empty] = [migrated.url, unmigrated.url];
  drops.push(migrated.drop, unmigrated.drop);
});
afterAll(async () => void (await Promise.all(drops.map((drop) => drop()))));

interface Check {
  readonly check: string;
  readonly state: string;
  readonly says: string;
  readonly todo: string | null;
}
async function asked(environment: NodeJS.ProcessEnv): Promise<{ readonly code: number; readonly checks: Readonly<Record<string, Check>> }> {
  const { code, stdout } = await rcm(['doctor', '--json'], environment);
  const { checks } = JSON.parse(stdout) as { checks: Check[] };
  return { code, checks: Object.fromEntries(checks.map((each) => [each.check, each])) };
}

it('all is well where each login that is configured has its role, in a database of this version, by whose clock this machine goes', async () => {
  const environment = {
    RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', url),
    RCM_AUDITOR_DATABASE_URL: urlFor('rcm_auditor', url),
    RCM_OWNER_DATABASE_URL: url,
  };
  const { code, checks } = await asked(environment);
  expect(code).toBe(0);
  for (const acting of ['operator', 'auditor', 'owner']) expect(checks[`database as ${acting}`]).toMatchObject({ state: 'ok', todo: null });
  expect(checks['database as migrator']).toMatchObject({ state: 'skipped', says: 'RCM_MIGRATOR_DATABASE_URL is not set' });
  expect(checks.clock).toMatchObject({ state: 'ok' });
  expect(checks.rotator).toMatchObject({ state: 'skipped' });
  expect(checks['codes by message']).toMatchObject({ state: 'skipped' });
  const shown = await rcm(['doctor'], environment);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).not.toContain('→');
});

it('a database that answers and only reads is a problem: nothing is done in it', async () => {
  const setting = (value: string) => `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = ${value}', current_database()); END $$`;
  await asSuperuser(url, [setting('on')]);
  const { code, checks } = await asked({
    RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', url),
    RCM_AUDITOR_DATABASE_URL: urlFor('rcm_auditor', url),
  });
  await asSuperuser(url, ['SET default_transaction_read_only = off', setting('off')]);
  expect(code).toBe(1);
  expect(checks['database as operator']).toMatchObject({ state: 'problem', says: expect.stringMatching(/only reads/), todo: 'docs/runbooks/database.md' });
  // Who only reads may be given a server that follows another one.
  expect(checks['database as auditor']).toMatchObject({ state: 'ok' });
});

it('a mailbox of codes that is not read is a problem, with what to do; a gateway that is there is none', async () => {
  const mailbox = { host: '127.0.0.1', port: 1, user: 'codes', authserv_id: 'mx.example' };
  const environment = {
    ...{ RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', url), RCM_INBOUND_MAILBOXES: JSON.stringify({ codes: mailbox }) },
    ...{ RCM_INBOUND_MAILBOX_PASSWORDS: JSON.stringify({ codes: 'a-password-of-nobody' }), RCM_API_ISSUER: 'https://id.example/' },
    RCM_INBOUND_SIGNED_KEY: `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
  };
  const { code, checks } = await asked(environment);
  expect(code).toBe(1);
  expect(checks['mailbox codes']).toMatchObject({
    state: 'problem',
    says: 'its server is not reached, or does not answer',
    todo: expect.any(String) as string,
  });
  expect(checks['gateway signed']).toMatchObject({ state: 'ok', todo: null });
  const half = await asked({ ...environment, RCM_API_ISSUER: '' });
  expect([half.code, half.checks['codes by message']]).toMatchObject([2, { state: 'problem' }]);
});

it('a login of another role is a wrong configuration, and it is said what to do', async () => {
  const { code, checks } = await asked({ RCM_OPERATOR_DATABASE_URL: urlFor('rcm_agent', url) });
  expect(code).toBe(2);
  expect(checks['database as operator']).toMatchObject({ state: 'problem', todo: 'rcm db roles says what a login lacks' });
});

it('a database that is not migrated is said to be so, with the command', async () => {
  const { code, checks } = await asked({ RCM_OWNER_DATABASE_URL: empty });
  expect(code).toBe(1);
  expect(checks['database as owner']).toMatchObject({ state: 'problem', todo: 'rcm db migrate' });
});

it('a Postgres that is not there is a problem, and no wrong configuration', async () => {
  const { code, checks } = await asked({ RCM_OPERATOR_DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' });
  expect(code).toBe(1);
  expect(checks['database as operator']).toMatchObject({ state: 'problem', todo: 'see whether Postgres runs and is reached from here' });
  expect(checks.clock).toMatchObject({ state: 'skipped' });
});

it('where Postgres is not there, keys and store could not be looked at, and nobody is sent to a configuration that is right', async () => {
  const { checks } = await asked({
    ...{ RCM_ROTATOR_DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none', RCM_ENVIRONMENT: 'test', RCM_IDENTITY_KEY: '7'.repeat(64) },
    ...{ RCM_AWS_REGION: 'us-east-1', RCM_AWS_ACCOUNT_ID: '123456789012', RCM_KMS_KEY_ID: 'arn:aws:kms:us-east-1:123456789012:alias/x' },
    ...{ RCM_ROTATOR_TENANT_ROLE_ARN: 'arn:aws:iam::123456789012:role/x', RCM_CHROMIUM_PATH: '/bin/false' },
    RCM_BROWSER_SANDBOX: 'off',
  });
  expect(checks.configuration, JSON.stringify(checks)).toMatchObject({ state: 'ok' });
  for (const check of ['keys', 'store'])
    expect(checks[check]).toMatchObject({ state: 'skipped', says: expect.stringContaining('does not answer'), todo: null });
});

it('nothing configured is a wrong call', async () => {
  const { code, checks } = await asked({});
  expect(code).toBe(2);
  expect(checks.configuration).toMatchObject({ state: 'problem', todo: expect.stringContaining('--profile') });
});

it('a clock that is half a code step off is a problem', async () => {
  const report = await doctor({ RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', url) }, () => Date.now() + 20_000);
  expect(report).toMatchObject({ well: false, json: { checks: expect.arrayContaining([expect.objectContaining({ check: 'clock', state: 'problem' })]) } });
});

it('a rotator’s configuration that a rotator would refuse is a wrong configuration, by its lines', async () => {
  const { code, checks } = await asked({ RCM_ROTATOR_DATABASE_URL: urlFor('rcm_rotator', url) });
  expect(code).toBe(2);
  expect(checks['database as rotator']).toMatchObject({ state: 'ok' });
  expect(checks.configuration).toMatchObject({ state: 'problem', says: expect.stringContaining('RCM_ENVIRONMENT') });
});
