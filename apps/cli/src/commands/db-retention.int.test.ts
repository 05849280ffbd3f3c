import { openDatabase } from '@rcm/db';
import { forgetOld } from '@rcm/db/admin';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rcm } from '../testing.fixture.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let environment: NodeJS.ProcessEnv;
beforeAll(async () => {
  database = await freshDatabase({ migrate: migrateWithLogins });
  environment = { RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', database.url) };
  const owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  await owner.query(
    `INSERT INTO login_request (kind, actor, reason, asked_at, ended_at, outcome) SELECT 'pause', 'person:os:jane', 'r', now() - n * interval '200 days', now() - n * interval '200 days', 'done' FROM generate_series(1, 3) n`,
  );
  await owner.end();
});
afterAll(() => database?.drop());

const rules = async (more: NodeJS.ProcessEnv = {}) => {
  const { code, stdout } = await rcm(['db', 'retention', '--json'], { ...environment, ...more });
  const said = JSON.parse(stdout) as { rules: { what: string; keptDays: number; due: number }[] };
  return { code, asked: said.rules.find(({ what }) => what === 'asked_acts'), all: said.rules.length };
};

test('it says what would go now, by the days that rotators have, deletes nothing, and that is what goes', async () => {
  expect(await rules()).toEqual({ code: 0, asked: { what: 'asked_acts', keptDays: 400, due: 2 }, all: 7 });
  expect(await rules({ RCM_ASKED_KEEP_DAYS: '184' })).toMatchObject({ asked: { keptDays: 184, due: 3 } });
  const db = openDatabase({ url: urlFor('rcm_rotator', database.url), applicationName: 'test', role: 'rcm_rotator' });
  expect(await forgetOld(db, { what: 'asked_acts', keptDays: 184, limit: 500 })).toBe(3);
  await db.close();
  expect(await rules({ RCM_ASKED_KEEP_DAYS: '184' })).toMatchObject({ asked: { due: 0 } });
  expect((await rcm(['db', 'retention'], environment, 160)).stdout).toContain('The ledger, the journal and the audit trail are kept whole.');
});

test('of the ledger it says how much would go where somebody says for how long it is kept, and else that it is kept', async () => {
  const ledger = async (more: NodeJS.ProcessEnv) => {
    const { stdout } = await rcm(['db', 'retention', '--json'], { ...environment, ...more });
    return (JSON.parse(stdout) as { ledger: unknown }).ledger;
  };
  expect(await ledger({})).toEqual({ keptDays: null, looked: 0, going: 0 });
  const owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  await owner.query(`
    INSERT INTO organization (id, name) VALUES ('firm', 'Firm');
    INSERT INTO portal_type (code, name, hosts, driver, recipe, password_rules, rotation_mode, lockout_threshold, lockout_margin, lockout_window_seconds, settle_ms)
      VALUES ('alpine', 'Alpine', ARRAY['p.example'], 'recipe', '{}', 'minlength: 12', 'automatic', 4, 1, 900, 0);
    INSERT INTO login_identity (id) VALUES (repeat('a', 64));
    INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity)
      VALUES ('e', 'firm', 'alpine', 'a', 'https://p.example/', 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/t/firm/endpoints/e/a', '1', repeat('a', 64));
    INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, started_at, finished_at, outcome, effect, proved)
      SELECT repeat('a', 64), 'firm', 'e', gen_random_uuid(), 'agent', '1', '1:' || repeat('a', 64), now() - n * interval '1 day', now() - n * interval '1 day', 'accepted', 'none', true
        FROM generate_series(501, 510) n`);
  await owner.end();
  expect(await ledger({ RCM_LEDGER_KEEP_DAYS: '400' })).toEqual({ keptDays: 400, looked: 10, going: 8 });
  expect((await rcm(['db', 'retention'], { ...environment, RCM_LEDGER_KEEP_DAYS: '400' }, 300)).stdout).toContain(
    'of the next 10 that were accepted 8 would go',
  );
  const { code } = await rcm(['db', 'retention', '--json'], { ...environment, RCM_LEDGER_KEEP_DAYS: '399' });
  expect(code).toBe(2);
});

test('fewer days than are allowed are a wrong configuration', async () => {
  const { code, stdout } = await rcm(['db', 'retention', '--json'], { ...environment, RCM_ASKED_KEEP_DAYS: '30' });
  expect([code, JSON.parse(stdout)]).toMatchObject([
    2,
    { error: { code: 'config_invalid', message: expect.stringContaining('RCM_ASKED_KEEP_DAYS') as string } },
  ]);
});
