import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { upsertOrganization } from '../endpoints/seed.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { type AuditCheckReport, askAuditCheck, endAuditCheck, listAuditChecks, takeAuditCheck } from './checks.ts';

let t: TestDatabase;
let page: Database;
let writer: Database;
beforeAll(async () => {
  t = await openTestDatabase();
  page = t.another('rcm_console');
  writer = t.another('rcm_head_writer');
  for (const id of ['one', 'two']) await upsertOrganization(t.db, { id, name: id });
});
afterAll(() => t.close());
beforeEach(() => t.sql('DELETE FROM audit_check'));

const JANE = 'person:oidc:https://id.example/#jane';
const REPORT: AuditCheckReport = { events: 2, firstAt: null, lastAt: null, heads: 1, proven: 2, provenAt: null, findings: [], unlisted: 0 };
const ask = (orgId = 'one', reason = 'the quarter') => askAuditCheck(page, { orgId, actor: JANE, reason });
const states = async (orgId = 'one') => (await listAuditChecks(page, { orgId, limit: 9 })).map(({ state }) => state);
const take = () => takeAuditCheck(writer, { takenBy: 'audit@host:1' });

test('one is asked for, stands in the chain that it is about, is taken once and ends once', async () => {
  const { id } = await ask();
  expect(
    await t.sql(`SELECT actor, subject, reason, details->>'checkId' AS id FROM audit_event WHERE org_id = 'one' AND action = 'audit.check_asked'`),
  ).toEqual([{ actor: JANE, subject: 'one', reason: 'the quarter', id }]);
  expect(await states()).toEqual(['waiting']);
  expect(await Promise.all([take(), take()]).then((taken) => taken.filter((each) => each !== null))).toEqual([{ id, orgId: 'one' }]);
  expect(await states()).toEqual(['under way']);
  expect(await endAuditCheck(writer, { id, end: { outcome: 'sound', report: REPORT } })).toBe(true);
  expect(await endAuditCheck(writer, { id, end: { outcome: 'failed', code: 'store_unavailable' } })).toBe(false);
  expect(await listAuditChecks(page, { orgId: 'one', limit: 9 })).toMatchObject([
    { id, state: 'sound', actor: JANE, reason: 'the quarter', code: null, report: REPORT },
  ]);
});

test('of several that ask at once for one chain, one does; another chain’s waits beside it', async () => {
  const asked = await Promise.allSettled([ask(), ask(), ask(), ask('two')]);
  expect(asked.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  for (const each of asked) if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'state_conflict' });
  expect([await states(), await states('two')]).toEqual([['waiting'], ['waiting']]);
});

test('what nobody takes has expired, what a dead process took is left; both may be asked for again, and neither is taken', async () => {
  await ask();
  const older = (column: string) => t.sql(`UPDATE audit_check SET ${column} = ${column} - interval '16 minutes'`);
  await older('asked_at');
  expect([await states(), await take()]).toEqual([['expired'], null]);
  await ask();
  expect(await take()).not.toBeNull();
  await older('taken_at');
  expect([await states(), await take()]).toEqual([['left', 'expired'], null]);
  await ask();
  expect((await states())[0]).toBe('waiting');
});

test('nothing is asked for without a reason, of no such organization, or without its event', async () => {
  await expect(ask('one', ' ')).rejects.toMatchObject({ code: 'input_invalid' });
  await expect(ask('*')).rejects.toMatchObject({ code: 'input_invalid' });
  await expect(ask('three')).rejects.toMatchObject({ code: 'input_invalid' });
  await expect(askAuditCheck(page, { orgId: 'one', actor: 'person:the-ceo', reason: 'r' })).rejects.toMatchObject({ code: expect.any(String) });
  expect(await t.sql('SELECT FROM audit_check')).toEqual([]);
});

test('no console, rotator or auditor says how it ended, and no end is taken back', async () => {
  const { id } = await ask();
  for (const role of ['rcm_console', 'rcm_rotator', 'rcm_auditor', 'rcm_operator'] as const) {
    const db = t.another(role);
    await expect(takeAuditCheck(db, { takenBy: 'me' })).rejects.toMatchObject({ code: 'database_failed' });
    await expect(endAuditCheck(db, { id, end: { outcome: 'sound', report: REPORT } })).rejects.toMatchObject({ code: 'database_failed' });
  }
  await take();
  await endAuditCheck(writer, { id, end: { outcome: 'broken', report: REPORT } });
  const again = writer.transaction('every tenant', (tx) => tx.$executeRaw`UPDATE audit_check SET outcome = 'sound' WHERE id = ${id}::uuid`);
  expect(await again).toBe(0);
});
