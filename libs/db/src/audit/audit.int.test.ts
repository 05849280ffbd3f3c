import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../open-database.ts';
import { upsertOrganization } from '../endpoints/seed.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { type AuditEvent, findBrokenAuditEvent, recordAuditEvent, writeAuditEvent } from './record.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
  for (const id of ['one', 'two', 'busy', 'undone']) await upsertOrganization(t.db, { id, name: id });
});
afterAll(() => t.close());

const event = (orgId: string, reason = 'because'): AuditEvent => ({
  orgId,
  actor: 'someone',
  action: 'credential.read',
  subject: 'endpoint-1',
  reason,
  details: { b: 1, a: 'ä🔑' },
});
const rows = (orgId: string) =>
  t.sql<{ seq: string; hash: string; previous_hash: string; reason: string }>('SELECT * FROM audit_event WHERE org_id = $1 ORDER BY seq', [orgId]);

describe('the chain', () => {
  test('each event carries the hash of the one before, per organization', async () => {
    for (const reason of ['a', 'b', 'c']) await recordAuditEvent(t.agent, event('one', reason));
    await recordAuditEvent(t.agent, event('two'));
    const [a, b, c] = await rows('one');
    expect([a?.seq, b?.seq, c?.seq]).toEqual(['1', '2', '3']);
    expect([a?.previous_hash, b?.previous_hash, c?.previous_hash]).toEqual(['', a?.hash, b?.hash]);
    expect((await rows('two'))[0]).toMatchObject({ seq: '1', previous_hash: '' });
    expect(await findBrokenAuditEvent(t.db, { orgId: 'one' })).toBeNull();
  });

  test('has no fork and no gap when 40 are written at once from 2 processes', async () => {
    const other = t.another('rcm_rotator');
    await Promise.all(Array.from({ length: 40 }, (_, i) => recordAuditEvent(i % 2 ? other : t.agent, event('busy', String(i)))));
    expect((await rows('busy')).map((row) => Number(row.seq))).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(await findBrokenAuditEvent(t.db, { orgId: 'busy' })).toBeNull();
  });

  test('sequence, time and hashes are the database’s, whatever a writer sends', async () => {
    await t.sql(`INSERT INTO audit_event VALUES ('two', 99, '2000-01-01', 'x', 'x', 'x', 'x', '{}', 'forged', 'forged')`);
    const last = (await rows('two')).at(-1);
    expect(last).toMatchObject({ seq: '2' });
    expect(last?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(await findBrokenAuditEvent(t.db, { orgId: 'two' })).toBeNull();
  });

  test('an act that is rolled back leaves no event, and no gap', async () => {
    await expect(
      t.db.transaction({ tenant: 'undone' }, async (tx) => {
        await writeAuditEvent(tx, event('undone'));
        throw new Error('stop');
      }),
    ).rejects.toThrow();
    await recordAuditEvent(t.agent, event('undone'));
    expect((await rows('undone')).map((row) => row.seq)).toEqual(['1']);
  });

  test.each([`reason = 'else'`, `actor = 'else'`, `details = '{}'`, `at = at + interval '1 ms'`, `previous_hash = 'x'`])(
    'shows where somebody with every right changed %s',
    async (change) => {
      await t.sql('ALTER TABLE audit_event DISABLE TRIGGER audit_event_append_only');
      await t.sql(`CREATE TABLE kept AS SELECT * FROM audit_event WHERE org_id = 'busy' AND seq = 20`);
      await t.sql(`UPDATE audit_event SET ${change} WHERE org_id = 'busy' AND seq = 20`);
      expect(await findBrokenAuditEvent(t.db, { orgId: 'busy' })).toBe(20n);
      await t.sql(
        `UPDATE audit_event a SET (at, actor, reason, details, previous_hash) = (SELECT k.at, k.actor, k.reason, k.details, k.previous_hash FROM kept k) WHERE org_id = 'busy' AND seq = 20`,
      );
      await t.sql('DROP TABLE kept');
      expect(await findBrokenAuditEvent(t.db, { orgId: 'busy' })).toBeNull();
      await t.sql('ALTER TABLE audit_event ENABLE TRIGGER audit_event_append_only');
    },
  );
});

test.each([
  `UPDATE audit_event SET reason = 'x'`,
  'DELETE FROM audit_event',
  'TRUNCATE audit_event',
  `UPDATE migration_proof SET version = 'x'`,
  'DELETE FROM migration_proof',
  'TRUNCATE migration_proof',
  'TRUNCATE organization CASCADE',
])('refused, even to a superuser: %s', async (statement) => {
  await expect(t.sql(statement)).rejects.toMatchObject({ code: '23001' });
});

test('an event that cannot be written is an error of its own, so that the act does not happen', async () => {
  const gone = openDatabase({ url: 'postgresql://nobody@127.0.0.1:1/none', applicationName: 'gone' });
  await expect(recordAuditEvent(gone, event('one'))).rejects.toMatchObject({ code: 'audit_unavailable', retryable: true });
  await gone.close();
});
