import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import type { NewPortalType } from '../endpoints/endpoint.ts';
import { upsertPortalType } from '../endpoints/seed.ts';
import { claimNotifications } from '../notifications/outbox.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { changedPortal, JANE } from './changed-portal.fixture.ts';
import { listPortalChanges, showPortalChange } from './list.ts';
import { decidePortalChange, proposePortalType } from './propose.ts';
import { saveApprovedChange } from './save.ts';
import { portalTypeStands } from './stands.ts';

let t: TestDatabase;
let operator: Database;
let page: Database;
beforeAll(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
  page = t.another('rcm_console');
});
afterAll(() => t.close());

const JOHN = 'person:oidc:https://id.example#john';
const OLGA = { actor: 'person:os:olga', reason: 'approved' };
const portal = () => changedPortal(t, operator);
const approve = (id: string, actor = JOHN, db = page) => decidePortalChange(db, { id, decision: 'approved', actor, reason: 'read it' });
const propagationDelayOf = async (code: string) => (await t.sql<{ ms: number }>('SELECT settle_ms AS ms FROM portal_type WHERE code = $1', [code]))[0]?.ms;
const eventsOf = async (orgId: string) =>
  (
    await t.sql<{ said: string }>(
      `SELECT action || ' ' || actor AS said FROM audit_event WHERE org_id = $1 AND (action LIKE 'approval.%' OR action = 'portal_type.changed') ORDER BY seq`,
      [orgId],
    )
  ).map(({ said }) => said);
/** As the tables' owner. */
const save = async (id: string) => {
  const change = await showPortalChange(t.db, { id });
  return saveApprovedChange(t.db, id, { portalType: change?.document as unknown as NewPortalType, ...OLGA });
};
const REFUSED = { code: 'state_conflict' };

test('one proposes, another approves, the owner saves it; nothing uses it before, and each stands in the audit trail', async () => {
  const { code, orgId, propose } = await portal();
  const { id } = await propose();
  expect(await showPortalChange(page, { id })).toMatchObject({ code, state: 'undecided', actor: JANE, document: { propagationDelayMs: 2_000 } });
  await expect(save(id)).rejects.toMatchObject(REFUSED);
  expect(await approve(id)).toEqual({ code });
  expect([(await listPortalChanges(operator, { limit: 1 }))[0], await propagationDelayOf(code)]).toMatchObject([
    { id, state: 'approved', decidedBy: JOHN },
    1_000,
  ]);
  await save(id);
  expect([await propagationDelayOf(code), (await showPortalChange(page, { id }))?.state]).toEqual([2_000, 'saved']);
  await expect(save(id)).rejects.toMatchObject(REFUSED);
  expect((await eventsOf(orgId)).slice(0, 2)).toEqual([`approval.asked ${JANE}`, `approval.given ${JOHN}`]);
});

test('nobody approves their own, under whatever name they add, also where they write the row themselves', async () => {
  const { propose } = await portal();
  const { id } = await propose();
  for (const actor of [JANE, `${JANE} says Jane`]) await expect(approve(id, actor, operator)).rejects.toMatchObject(REFUSED);
  const byHand = page.transaction(
    'no tenant',
    (tx) =>
      tx.$executeRaw`UPDATE portal_type_change SET decision = 'approved', decided_by = ${`${JANE} says else`}, decision_reason = 'r' WHERE id = ${id}::uuid`,
  );
  await expect(byHand).rejects.toMatchObject({ details: { constraint: 'portal_type_change_somebody_else' } });
  expect(await decidePortalChange(operator, { id, decision: 'declined', actor: JANE, reason: 'mistaken' })).not.toBeNull();
  expect((await showPortalChange(page, { id }))?.state).toBe('declined');
});

test.each(['person:sts:arn:aws:sts::111122223333:assumed-role/desk/jane', 'person:oidc:https://other.example#jane', 'person:os:jane@desk'])(
  'nobody approves, as %s, what was proposed under another sign-in, which could be the same person’s',
  async (elsewhere) => {
    const { propose } = await portal();
    const { id } = await propose();
    await expect(approve(id, elsewhere)).rejects.toMatchObject({ ...REFUSED, message: expect.stringContaining('signed in elsewhere') as string });
    expect((await showPortalChange(page, { id }))?.state).toBe('undecided');
    expect(await decidePortalChange(page, { id, decision: 'declined', actor: elsewhere, reason: 'not this one' })).not.toBeNull();
  },
);

test('a yes is for the portal type as it stood: where it was saved since, neither approval nor saving goes through', async () => {
  const [one, other] = [await portal(), await portal()];
  const [waiting, approved] = [await one.propose(), await other.propose()];
  await approve(approved.id);
  for (const { document } of [one, other]) await upsertPortalType(t.db, { ...document, propagationDelayMs: 1_500 }, OLGA);
  await expect(approve(waiting.id)).rejects.toMatchObject({ ...REFUSED, message: expect.stringContaining('changed since') as string });
  await expect(save(approved.id)).rejects.toMatchObject(REFUSED);
  expect([await propagationDelayOf(one.code), await propagationDelayOf(other.code)]).toEqual([1_500, 1_500]);
  expect((await showPortalChange(page, { id: approved.id }))?.state).toBe('outdated');
});

/** `save` begins while somebody else has saved the portal type and not yet committed; it waits for that, and goes on. */
async function whileAnotherSaves(code: string, save: () => Promise<unknown>): Promise<unknown> {
  const [written, waits] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const another = t.db.transaction('no tenant', async (tx) => {
    await tx.$executeRaw`UPDATE portal_type SET settle_ms = 1500, updated_at = clock_timestamp() WHERE code = ${code}`;
    written.resolve();
    await waits.promise;
  });
  await written.promise;
  const saved = save().then(
    () => 'saved',
    (error: unknown) => error,
  );
  const waiting = async () => (await t.sql(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`)).length;
  await expect.poll(waiting, { timeout: 60_000 }).toBe(1);
  waits.resolve();
  await another;
  return saved;
}

test('what two owners save at once is one after the other, and the later is refused: it was made on what is not saved any more', async () => {
  const [one, other] = [await portal(), await portal()];
  const { id } = await one.propose();
  await approve(id);
  expect(await whileAnotherSaves(one.code, () => save(id))).toMatchObject(REFUSED);
  const stood = await portalTypeStands(t.db, other);
  const plain = () => upsertPortalType(t.db, { ...other.document, propagationDelayMs: 2_000 }, { ...OLGA, stood });
  expect(await whileAnotherSaves(other.code, plain)).toMatchObject({ ...REFUSED, message: expect.stringContaining('portal-type diff') as string });
  expect([await propagationDelayOf(one.code), await propagationDelayOf(other.code)]).toEqual([1_500, 1_500]);
});

test('of two who save a portal type that is not there yet, or in different ways, one does', async () => {
  const { code, document, propose } = await portal();
  const { id } = await propose();
  await approve(id);
  const stood = await portalTypeStands(t.db, { code });
  const fresh = { ...document, code: `${code}-new` };
  expect(await portalTypeStands(t.db, fresh)).toBeNull();
  for (const saves of [
    [() => save(id), () => upsertPortalType(t.db, { ...document, propagationDelayMs: 1_500 }, { ...OLGA, stood })],
    [1_500, 2_000].map((propagationDelayMs) => () => upsertPortalType(t.db, { ...fresh, propagationDelayMs }, { ...OLGA, stood: null })),
  ]) {
    const ends = await Promise.allSettled(saves.map((each) => each()));
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: REFUSED });
  }
});

test('it is decided on once, and of one portal type one change waits', async () => {
  const { propose } = await portal();
  const { id } = await propose();
  await expect(propose({ propagationDelayMs: 3_000 })).rejects.toMatchObject({ ...REFUSED, message: expect.stringContaining('Another change') as string });
  await decidePortalChange(page, { id, decision: 'declined', actor: JOHN, reason: 'no' });
  await expect(approve(id)).rejects.toMatchObject({ ...REFUSED, message: expect.stringContaining('decided on') as string });
  expect((await propose({ propagationDelayMs: 3_000 })).id).not.toBe(id);
  expect(await approve(crypto.randomUUID())).toBeNull();
});

const notificationsOf = (id: string) =>
  t.sql(`SELECT kind, org_id, portal_type_code, detail, ended_at IS NOT NULL AS over FROM notice WHERE dedup_key = 'approval_waiting:' || $1`, [id]);

test.each(['approved', 'declined'] as const)('that it waits is told once, with which one it is, and ends as it is %s', async (decision) => {
  const { code, propose } = await portal();
  const { id } = await propose();
  const told = { kind: 'approval_waiting', org_id: null, portal_type_code: code, detail: `portal type ${code}, request ${id}` };
  expect(await notificationsOf(id)).toEqual([{ ...told, over: false }]);
  await expect(propose({ propagationDelayMs: 3_000 })).rejects.toMatchObject(REFUSED);
  expect((await t.sql(`SELECT FROM notice WHERE kind = 'approval_waiting' AND portal_type_code = $1`, [code])).length).toBe(1);
  await decidePortalChange(decision === 'approved' ? page : operator, { id, decision, actor: JOHN, reason: 'read it' });
  expect(await notificationsOf(id)).toEqual([{ ...told, over: true }]);
  // Whom it had not reached yet is told all the same, and that it is over.
  const claimed = await claimNotifications(t.rotator, { channel: decision, claimMs: 60_000, newestMs: 86_400_000, limit: 100 });
  expect(claimed.find(({ detail }) => detail === told.detail)).toMatchObject({ endedAt: expect.any(Date) as Date });
});

test('of a portal type that is not there yet is told, too, by its name', async () => {
  const { document } = await portal();
  const code = `b${'o'.repeat(62)}`;
  const { id } = await proposePortalType(operator, { ...document, code }, { actor: JANE, reason: 'a new payer' });
  expect(await notificationsOf(id)).toEqual([
    { kind: 'approval_waiting', org_id: null, portal_type_code: null, detail: `portal type ${code}, request ${id}`, over: false },
  ]);
});

test('nothing else is told in its name, and nobody ends what still waits but by deciding, or begins it again', async () => {
  const [one, other] = [await portal(), await portal()];
  const { id } = await one.propose();
  const tell = (key: string, code: string | null, kind = 'approval_waiting') =>
    operator.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`INSERT INTO notice (kind, dedup_key, portal_type_code, detail) VALUES (${kind}, ${`${kind}:${key}`}, ${code}, 'd')`,
    );
  await t.sql('DELETE FROM notice_delivery; DELETE FROM notice WHERE org_id IS NULL');
  for (const [key, code, kind] of [
    [id, other.code, 'approval_waiting'],
    [crypto.randomUUID(), one.code, 'approval_waiting'],
    [id, one.code, 'breaker_open'],
  ] as const)
    await expect(tell(key, code, kind)).rejects.toMatchObject({ code: 'database_failed' });
  expect(await tell(id, one.code)).toBe(1);
  for (const db of [page, operator])
    await expect(db.transaction('every tenant', (tx) => tx.$executeRaw`UPDATE notice SET ended_at = now() WHERE org_id IS NULL`)).rejects.toMatchObject({
      code: 'database_failed',
    });
  await decidePortalChange(page, { id, decision: 'declined', actor: JOHN, reason: 'no' });
  await t.sql('DELETE FROM notice_delivery; DELETE FROM notice WHERE org_id IS NULL');
  await expect(tell(id, one.code)).rejects.toMatchObject({ code: 'database_failed' });
  await t.sql(`INSERT INTO notice (kind, dedup_key, portal_type_code, ended_at) VALUES ('approval_waiting', 'approval_waiting:old', $1, now())`, [one.code]);
  const again = page.transaction('every tenant', (tx) => tx.$executeRaw`UPDATE notice SET ended_at = NULL WHERE org_id IS NULL`);
  expect(await again).toBe(0);
});

test('what is proposed names its portal type, and a portal type that is not there yet may be proposed', async () => {
  const { document } = await portal();
  const { id } = await proposePortalType(operator, { ...document, code: 'not-there-yet' }, { actor: JANE, reason: 'a new payer' });
  await approve(id);
  await save(id);
  expect(await propagationDelayOf('not-there-yet')).toBe(1_000);
  const other = operator.transaction(
    'no tenant',
    (tx) => tx.$executeRaw`INSERT INTO portal_type_change (portal_type_code, document, actor, reason) VALUES ('one', '{"code":"other"}', ${JANE}, 'r')`,
  );
  await expect(other).rejects.toMatchObject({ details: { constraint: 'portal_type_change_names_it' } });
});
