import { Secret } from '@rcm/telemetry';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '../endpoints/seed.ts';
import { openTestDatabase, PORTAL, secretOf, type TestDatabase } from '../testing.fixture.ts';
import { kill, startNamed } from '../named-process.fixture.ts';
import { claimLegacy, releaseClaim } from './claim.ts';
import { changePace, takeTurn, type Turn } from './pace.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
  await upsertOrganization(t.db, { id: 'org', name: 'Org' });
  await upsertPortalType(t.db, PORTAL);
  for (const id of ['claimed', 'moved'])
    await insertEndpoint(t.db, {
      id,
      orgId: 'org',
      portalTypeCode: 'alpine',
      accountId: id,
      baseUrl: 'https://alpine.example/',
      config: new Secret({ credentials: { password: 'p' } }),
    });
  await t.sql(`UPDATE integration_endpoint SET secret_arn = $1, current_version = '1' WHERE id = 'moved'`, [secretOf('org', 'moved')]);
});
afterAll(() => t.close());

const waitOf = ({ at, now }: Turn): number => Math.max(0, at - now);

test('turns of several migrators lie evenly one after the other, whoever takes them', async () => {
  const pace = { counted: 'even', gapMs: 100_000 };
  const waits: number[] = [];
  for (let n = 0; n < 3; n += 1) for (const db of [t.migrator, t.another('rcm_migrator')]) waits.push(waitOf(await takeTurn(db, pace)));
  const together = await Promise.all(Array.from({ length: 4 }, () => takeTurn(t.another('rcm_migrator'), pace)));
  const all = [...waits, ...together.map(waitOf).sort((a, b) => a - b)];
  // What passes between the questions is the same for all of them: well under half a gap, even on a busy machine.
  expect(all.map((waitMs) => Math.round(waitMs / 100_000))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('turns that nobody took are not made up for by a burst', async () => {
  const pace = { counted: 'idle', gapMs: 100_000 };
  await takeTurn(t.migrator, pace);
  await t.sql(`UPDATE migration_pace SET next_at = now() - interval '1 day' WHERE counted = 'idle'`);
  const waits = [await takeTurn(t.migrator, pace), await takeTurn(t.migrator, pace)].map((turn) => Math.round(waitOf(turn) / 100_000));
  expect(waits).toEqual([0, 1]);
});

test('a turn keeps as many gaps behind it free as it is wide, from the first one on', async () => {
  const pace = { counted: 'wide', gapMs: 100_000 };
  const waits: number[] = [];
  for (const wide of [4, 1, 2, undefined, 1]) waits.push(waitOf(await takeTurn(t.migrator, { ...pace, ...(wide && { wide }) })));
  expect(waits.map((waitMs) => Math.round(waitMs / 100_000))).toEqual([0, 4, 5, 7, 8]);
});

test('a pace that was slowed is everybody’s, up to its bound, and comes back to the configured one', async () => {
  const pace = { counted: 'slowed', gapMs: 1_000 };
  const gap = async () => (await t.sql<{ gap: number }>(`SELECT gap_ms AS gap FROM migration_pace WHERE counted = 'slowed'`))[0]?.gap;
  expect(await takeTurn(t.migrator, pace)).toMatchObject({ slowed: false });
  for (let n = 0; n < 9; n += 1) await changePace(t.migrator, { ...pace, by: 1.5, longestMs: 5_000 });
  expect([await gap(), (await takeTurn(t.another('rcm_migrator'), pace)).slowed]).toEqual([5_000, true]);
  for (let n = 0; n < 40; n += 1) await changePace(t.migrator, { ...pace, by: 0.9, longestMs: 5_000 });
  expect([await gap(), (await takeTurn(t.migrator, pace)).slowed]).toEqual([1_000, false]);
});

const row = { endpointId: 'claimed', orgId: 'org' };
const claim = (holder: string) => claimLegacy(t.migrator, { ...row, holder, ttlMs: 60_000 });

test('a row is one migrator’s until it gives it back, or its time is over', async () => {
  const first = await claim('one');
  expect(first.is === 'mine' ? first.credentials?.reveal() : first.is).toBe('{"password": "p"}');
  expect([await claim('one'), await claim('two')]).toMatchObject([{ is: 'mine' }, { is: 'taken', by: 'one' }]);
  await releaseClaim(t.migrator, { ...row, holder: 'two' });
  expect((await claim('two')).is).toBe('taken');
  await releaseClaim(t.migrator, { ...row, holder: 'one' });
  expect((await claim('two')).is).toBe('mine');
  await t.sql(`UPDATE migration_claim SET claimed_until = clock_timestamp()`);
  expect((await claim('three')).is).toBe('mine');
  await releaseClaim(t.migrator, { ...row, holder: 'three' });
  expect(await claimLegacy(t.migrator, { endpointId: 'moved', orgId: 'org', holder: 'one', ttlMs: 60_000 })).toEqual({ is: 'moved' });
  expect(await claimLegacy(t.migrator, { endpointId: 'nobodys', orgId: 'org', holder: 'one', ttlMs: 60_000 })).toEqual({ is: 'gone' });
  expect(await t.sql('SELECT holder FROM migration_claim')).toEqual([]);
});

test('what a migrator of this machine had is free once it has ended, and not while it stands still', async () => {
  const { child, name } = await startNamed('migrator');
  expect((await claim(name)).is).toBe('mine');
  child.kill('SIGSTOP');
  expect(await claim('two')).toEqual({ is: 'taken', by: name, until: expect.any(Date) as Date });
  await kill(child);
  expect((await claim('two')).is).toBe('mine');
  await releaseClaim(t.migrator, { ...row, holder: 'two' });
});

test('what a row holds is read once it is claimed: an edit that was waited for is seen', async () => {
  const editor = new pg.Client({ connectionString: t.url });
  await editor.connect();
  onTestFinished(() => editor.end());
  await editor.query('BEGIN');
  await editor.query(`INSERT INTO migration_claim (endpoint_id, org_id, holder, claimed_until) VALUES ('claimed', 'org', 'one', clock_timestamp())`);
  await editor.query(`UPDATE integration_endpoint SET config = '{"credentials": {"password": "newer"}}' WHERE id = 'claimed'`);
  const waiting = claim('two');
  await expect
    .poll(() => t.sql(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`), { timeout: 60_000 })
    .toHaveLength(1);
  await editor.query('COMMIT');
  const claimed = await waiting;
  expect(claimed.is === 'mine' ? claimed.credentials?.reveal() : claimed.is).toBe('{"password": "newer"}');
});
