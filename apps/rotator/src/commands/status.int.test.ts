import { openDatabase } from '@rcm/db';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { CommandContext } from './command.ts';
import { statusCommand } from './status.ts';

let database: Awaited<ReturnType<typeof freshDatabase>>;
let owner: pg.Client;
beforeAll(async () => {
  database = await freshDatabase({ migrate: migrateWithLogins });
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
});
afterEach(() => void vi.restoreAllMocks());
afterAll(async () => {
  await owner?.end();
  await database?.drop();
});

/** Leases of so many logins, each given after the one before, and asked for long ago by the first. */
async function hold(count: number): Promise<void> {
  const statements = [
    `INSERT INTO organization (id, name) VALUES ('org', 'Org')`,
    'SET session_replication_role = replica',
    `INSERT INTO login_lease (login_identity, org_id, endpoint_id, kind, fence, holder, acquired_at, expires_at)
     SELECT lpad(n::text, 64, '0'), 'org', 'login-' || n, 'shared', n, 'agent', now() - n * interval '1 s', now() + interval '1 day' FROM generate_series(1, ${count}) n`,
    'SET session_replication_role = origin',
  ];
  for (const statement of statements) await owner.query(statement);
}

async function status(json: boolean): Promise<string> {
  let said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((said += String(text)), true));
  const db = openDatabase({ url: urlFor('rcm_rotator', database.url), applicationName: 'test', role: 'rcm_rotator' });
  expect(await statusCommand({ opened: { db }, json, signal: new AbortController().signal } as unknown as CommandContext)).toBe(0);
  await db.close();
  vi.restoreAllMocks();
  return said;
}

it('lists the leases in the order in which they were given: some of them to people, up to a thousand to programs, and says so', async () => {
  await hold(1_100);
  const lines = (await status(false)).split('\n');
  expect(lines).toContain('logins in use: 1,000 or more');
  expect(lines.filter((line) => line.includes('shared by agent')).map((line) => line.trim().split(' ')[0])).toEqual(
    Array.from({ length: 200 }, (_, n) => `login-${n + 1}`),
  );
  expect(lines).toContain('  and others: --json has 1,000 or more');
  expect((JSON.parse(await status(true)) as { leases: unknown[] }).leases).toHaveLength(1_000);
});

it('prints what the database holds without control characters, and no part of it as a line of its own', async () => {
  const hostile = 'x\n2026-11-26  a login is fine\u001b[2J\u001bP\u202e';
  await owner.query(`INSERT INTO rotation_pause (actor, reason) VALUES ('person:os:a@b', $1)`, [hostile]);
  const said = await status(false);
  expect(said.split('\n').filter((line) => line.includes('a login is fine'))).toEqual([expect.stringMatching(/^  all  .*x·2026-11-26/)]);
  expect(said).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  expect(JSON.parse(await status(true))).toMatchObject({ pauses: [{ reason: hostile }] });
});
