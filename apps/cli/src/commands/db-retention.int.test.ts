import { forgetOld, openDatabase } from '@rcm/db';
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
  expect(await rules()).toEqual({ code: 0, asked: { what: 'asked_acts', keptDays: 400, due: 2 }, all: 5 });
  expect(await rules({ RCM_ASKED_KEEP_DAYS: '184' })).toMatchObject({ asked: { keptDays: 184, due: 3 } });
  const db = openDatabase({ url: urlFor('rcm_rotator', database.url), applicationName: 'test', role: 'rcm_rotator' });
  expect(await forgetOld(db, { what: 'asked_acts', keptDays: 184, limit: 500 })).toBe(3);
  await db.close();
  expect(await rules({ RCM_ASKED_KEEP_DAYS: '184' })).toMatchObject({ asked: { due: 0 } });
  expect((await rcm(['db', 'retention'], environment, 160)).stdout).toContain('The ledger, the journal and the audit trail are kept whole.');
});

test('fewer days than are allowed are a wrong configuration', async () => {
  const { code, stdout } = await rcm(['db', 'retention', '--json'], { ...environment, RCM_ASKED_KEEP_DAYS: '30' });
  expect([code, JSON.parse(stdout)]).toMatchObject([
    2,
    { error: { code: 'config_invalid', message: expect.stringContaining('RCM_ASKED_KEEP_DAYS') as string } },
  ]);
});
