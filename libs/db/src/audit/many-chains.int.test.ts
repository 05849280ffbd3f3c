import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { upsertPortalType } from '../endpoints/seed.ts';
import { openTestDatabase, PORTAL, type TestDatabase } from '../testing.fixture.ts';
import { findBrokenAuditEvent, recordAuditEvent, recordAuditEventForAll, writeAuditEventForAll } from './record.ts';

const ORGANIZATIONS = 600;
let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
  await upsertPortalType(t.db, PORTAL);
  await t.sql(`INSERT INTO organization (id, name) SELECT 'org-' || to_char(n, 'FM0000'), 'n' FROM generate_series(1, ${ORGANIZATIONS}) n`);
  await t.sql(`INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, config)
               SELECT 'of-' || o.id, o.id, 'alpine', o.id, 'https://alpine.example/', '{}' FROM organization o`);
});
afterAll(() => t.close());

const orgOf = (n: number): string => `org-${String(n).padStart(4, '0')}`;
const EVENT = { actor: 'terminal:test', action: 'rotation.paused', subject: 'all rotations', reason: 'because' };
const lengths = async (): Promise<number[]> =>
  (await t.sql<{ n: number }>('SELECT count(*)::int AS n FROM audit_event GROUP BY org_id ORDER BY org_id')).map(({ n }) => n);
const waiting = async (): Promise<number> =>
  (await t.sql<{ n: number }>(`SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'`))[0]?.n ?? 0;

/** Writes into every chain, and does something else before that is committed. */
const meanwhile = async (db: Database, act: () => Promise<void>): Promise<number> =>
  db.transaction('every tenant', async (tx) => {
    await writeAuditEventForAll(tx, null, EVENT);
    const [held] = await tx.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM pg_locks WHERE pid = pg_backend_pid()`;
    await act();
    return held?.n ?? 0;
  });

test('what is written into every chain takes no lock for each: the server has so many for everybody', async () => {
  expect(await meanwhile(t.db, () => Promise.resolve())).toBeLessThan(ORGANIZATIONS / 2 + 50);
});

test('who writes into one of them meanwhile waits for its end, be it among the first or the last', async () => {
  const before = await lengths();
  const writes: Promise<void>[] = [];
  await meanwhile(t.db, async () => {
    for (const orgId of [orgOf(1), orgOf(ORGANIZATIONS)]) writes.push(recordAuditEvent(t.agent, { ...EVENT, orgId }));
    while ((await waiting()) < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  });
  await Promise.all(writes);
  expect(await lengths()).toEqual(before.map((n, place) => n + (place === 0 || place === ORGANIZATIONS - 1 ? 2 : 1)));
});

test('several that write into all of them at once, and others into one each, fork no chain', async () => {
  const before = await lengths();
  await Promise.all([
    ...Array.from({ length: 3 }, () => recordAuditEventForAll(t.db, EVENT)),
    ...[1, 300, 600].flatMap((n) => Array.from({ length: 4 }, () => recordAuditEvent(t.agent, { ...EVENT, orgId: orgOf(n) }))),
  ]);
  expect(await lengths()).toEqual(before.map((n, place) => n + ([0, 299, 599].includes(place) ? 7 : 3)));
  for (const n of [1, 255, 256, 600]) expect(await findBrokenAuditEvent(t.db, { orgId: orgOf(n) })).toBeNull();
});
