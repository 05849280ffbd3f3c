import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAct } from '../asked-acts/ask.ts';
import { listAskedActs } from '../asked-acts/list.ts';
import { noteMessage } from '../codes/message.ts';
import { askForCode, takeCodeTurn } from '../codes/ask.ts';
import { fingerprintOf, seenRow } from '../legacy/row.fixture.ts';
import { beginSecretLook } from '../legacy/secret-looks.ts';
import { listProofs, recordProof } from '../legacy/proofs.ts';
import { migrationByOrganization } from '../legacy/by-organization.ts';
import { migrationCounts, scrubEndpoint } from '../legacy/scrub.ts';
import { Logins } from '../ledger/account.fixture.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { listLeases, renewLease } from '../leases/upkeep.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { countOld, forgetOld } from './old-rows.ts';
import { OLD_ROWS, type OldRows, RETENTION } from './rules.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

const HOUR_MS = 3_600_000;
/** By the shortest time that is allowed: what stays then stays always. */
const forget = (what: OldRows, limit = 500) => forgetOld(t.rotator, { what, keptDays: RETENTION[what].least, limit });
const due = (what: OldRows) => countOld(t.another('rcm_operator'), { what, keptDays: RETENTION[what].least });
const print = (text: string) => `1:${createHash('sha256').update(text).digest('hex')}`;
const isNew = (text: string, keptMs: number) => noteMessage(t.agent, { prints: [print(text)], keptMs });

test('what people asked for goes half a year after it has ended; what is open stays, however old', async () => {
  const [ended, lately, open] = [await makeEndpoint(t.db), await makeEndpoint(t.db), await makeEndpoint(t.db)];
  for (const on of [ended, lately, open]) await askAct(t.another('rcm_console'), { ...on, kind: 'verify', actor: 'person:os:jane', reason: 'a test' });
  const age = (on: TestEndpoint, set: string) =>
    t.sql(`UPDATE login_request SET asked_at = now() - interval '3 years', ${set} WHERE endpoint_id = $1`, [on.endpointId]);
  const taken = `taken_at = now() - interval '3 years', taken_by = 'rotator', outcome = 'done'`;
  await age(ended, `${taken}, ended_at = now() - interval '185 days'`);
  await age(lately, `${taken}, ended_at = now() - interval '183 days'`);
  await age(open, `words = NULL`);
  expect(await due('asked_acts')).toBe(1);
  expect([await forget('asked_acts'), await forget('asked_acts'), await due('asked_acts')]).toEqual([1, 0, 0]);
  const left = async (on: TestEndpoint) => (await listAskedActs(t.another('rcm_operator'), { ...on, limit: 9 })).length;
  expect([await left(ended), await left(lately), await left(open)]).toEqual([0, 1, 1]);
});

test('that nobody gave a code is remembered for as long as it keeps a login from asking again', async () => {
  const on = await logins.account();
  const turn = await takeCodeTurn(t.agent, { ...on, publicKey: Buffer.alloc(294), forMs: 60_000 });
  if (!turn) throw new Error('no turn');
  await askForCode(t.agent, turn, 60_000);
  const earlier = (interval: string) =>
    t.sql(
      `UPDATE code_request SET begun_at = begun_at - $2::interval, turn_until = turn_until - $2::interval, asked_at = asked_at - $2::interval, open_until = open_until - $2::interval WHERE id = $1`,
      [turn.requestId, interval],
    );
  await earlier('5 minutes');
  const coolDown = () =>
    t.agent.transaction(
      { tenant: on.orgId },
      (tx) => tx.$queryRaw<{ coolsDown: boolean }[]>`SELECT rcm_code_rest(${on.endpointId}) IS NOT NULL AS "coolsDown"`,
    );
  expect([await forget('codes'), await coolDown()]).toEqual([0, [{ coolsDown: true }]]);
  await earlier('31 days');
  expect([await due('codes'), await forget('codes'), await due('codes')]).toEqual([1, 1, 0]);
});

test('a message counts once for as long as it is remembered: one that nobody waited for by what its gateway can do, what was answered for 400 days', async () => {
  expect([await isNew('mail', 6 * HOUR_MS), await isNew('text', 400 * 24 * HOUR_MS)]).toEqual([true, true]);
  const later = (interval: string) => t.sql(`UPDATE inbound_seen SET kept_until = kept_until - $1::interval, seen_at = seen_at - $1::interval`, [interval]);
  await later('5 hours');
  expect([await forget('messages'), await isNew('mail', 6 * HOUR_MS)]).toEqual([0, false]);
  await later('2 hours');
  expect([await due('messages'), await forget('messages')]).toEqual([1, 1]);
  expect([await isNew('text', HOUR_MS), await isNew('mail', 6 * HOUR_MS)]).toEqual([false, true]);
  await later('400 days');
  // Whoever writes one down removes old ones, too.
  expect(await isNew('another', HOUR_MS)).toBe(true);
  expect(await t.sql(`SELECT count(*)::int AS count FROM inbound_seen`)).toEqual([{ count: 1 }]);
  await expect(isNew('for ever', 401 * 24 * HOUR_MS)).rejects.toMatchObject({ code: 'input_invalid' });
});

test('a lease that a dead holder left goes a day after it ran out; one that lives stays with its holder, however old it is', async () => {
  const [lives, dead, dying] = [await makeEndpoint(t.db), await makeEndpoint(t.db), await makeEndpoint(t.db)];
  const ids = [];
  for (const on of [lives, dead, dying]) {
    const answer = await acquireSharedLease(t.agent, { ...on, holder: 'agent', ttlMs: 60_000 });
    if (!answer.granted) throw new Error(answer.reason);
    ids.push(answer.lease.id);
  }
  await t.sql(`UPDATE login_lease SET acquired_at = now() - interval '1 year' WHERE id = ANY($1)`, [ids]);
  await t.sql(`UPDATE login_lease SET expires_at = now() - interval '25 hours' WHERE id = $1`, [ids[1]]);
  await t.sql(`UPDATE login_lease SET expires_at = now() - interval '23 hours' WHERE id = $1`, [ids[2]]);
  expect([await due('leases'), await forget('leases')]).toEqual([1, 1]);
  expect(await renewLease(t.agent, { leaseId: ids[0] ?? '', orgId: lives.orgId, ttlMs: 60_000 })).not.toBeNull();
  expect((await listLeases(t.rotator)).map(({ endpointId }) => endpointId)).toContain(lives.endpointId);
  expect((await t.sql(`SELECT FROM login_lease WHERE id = ANY($1)`, [ids])).length).toBe(2);
});

test('of proofs go those that a newer one supersedes and that nothing is compared with; the newest, and when it was moved, stay', async () => {
  const on = await makeEndpoint(t.db);
  const proof = { ...on, secretArn: on.secretArn, version: '1', currentVersion: '1', fingerprint: print('payload') };
  const verify = async () =>
    expect(await recordProof(t.migrator, { ...proof, look: await beginSecretLook(t.migrator, on), row: await seenRow(t.db, on) })).toBe('recorded');
  const mine = async () =>
    (await listProofs(t.migrator, { endpointId: on.endpointId, limit: 20 })).map(({ step, rowFingerprint }) => [step, rowFingerprint !== null]);
  // A row that holds plaintext too, twice; then one that does not.
  await t.sql(`UPDATE integration_endpoint SET config = '{"credentials": {"username": "u", "password": "p"}}' WHERE id = $1`, [on.endpointId]);
  await verify();
  await verify();
  const old = () => t.sql(`UPDATE migration_proof SET superseded_at = superseded_at - interval '1 year' WHERE endpoint_id = $1`, [on.endpointId]);
  await old();
  expect([await due('proofs'), await forget('proofs')]).toEqual([0, 0]);
  const before = await migrationByOrganization(t.migrator, { tenant: on.orgId });
  expect(await scrubEndpoint(t.migrator, { ...on, proofMaxAgeMs: HOUR_MS, fingerprintOf })).toBe('scrubbed');
  await verify();
  await verify();
  expect(await mine()).toHaveLength(5);
  await old();
  const counts = await migrationCounts(t.migrator);
  expect([await due('proofs'), await forget('proofs', 2), await forget('proofs', 2), await forget('proofs', 2)]).toEqual([3, 2, 1, 0]);
  expect(await mine()).toEqual([
    ['verified', false],
    ['applied', false],
  ]);
  expect(await migrationCounts(t.migrator)).toEqual(counts);
  expect(await migrationByOrganization(t.migrator, { tenant: on.orgId })).toMatchObject([{ proved: 1, movedFirstAt: before[0]?.movedFirstAt }]);
});

test('no proof goes otherwise: not by its owner, not by the one function where it is the newest or holds a fingerprint', async () => {
  const on = await makeEndpoint(t.db);
  await expect(t.sql(`DELETE FROM migration_proof WHERE endpoint_id = $1`, [on.endpointId])).rejects.toThrow('only grows');
  const asInternal = t.db.transaction('no tenant', async (tx) => {
    await tx.$executeRaw`SET LOCAL ROLE rcm_internal`;
    await tx.$executeRaw`DELETE FROM migration_proof WHERE endpoint_id = ${on.endpointId}`;
  });
  await expect(asInternal).rejects.toMatchObject({ details: { constraint: 'migration_proof_append_only' } });
});

test('none keeps for less than its promises need, whoever asks and however; nobody but a rotator deletes, and for no tenant', async () => {
  for (const what of OLD_ROWS) {
    const { least } = RETENTION[what];
    await expect(forgetOld(t.rotator, { what, keptDays: least - 1, limit: 1 })).rejects.toMatchObject({ code: 'input_invalid' });
    const raw = t.rotator.transaction('no tenant', (tx) => tx.$queryRaw`SELECT rcm_forget_old(${what}, ${least - 1}::int, 1)`);
    await expect(raw).rejects.toMatchObject({ code: 'input_invalid' });
    for (const scope of ['every tenant', { tenant: 'org-1' }] as const) {
      const tenants = t.rotator.transaction(scope, (tx) => tx.$queryRaw`SELECT rcm_forget_old(${what}, ${least}::int, 1)`);
      await expect(tenants).rejects.toMatchObject({ code: 'database_failed' });
    }
    for (const role of ['rcm_agent', 'rcm_operator', 'rcm_migrator'] as const)
      await expect(forgetOld(t.another(role), { what, keptDays: least, limit: 1 })).rejects.toMatchObject({ code: 'database_failed' });
  }
  const unknown = t.rotator.transaction('no tenant', (tx) => tx.$queryRaw`SELECT rcm_forget_old('login_attempt', 3650, 1)`);
  await expect(unknown).rejects.toMatchObject({ code: 'input_invalid' });
});

test('what the promises need is in none of the rules: ledger, journal, clearances, used codes and the audit trail stay whole', async () => {
  const on = await logins.account();
  await t.sql(
    `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, started_at, finished_at, outcome, effect, proved, process)
    SELECT $1, $2, $3, $4, 'agent', '1', '1:' || repeat('a', 64), now() - interval '5 years', now() - interval '5 years', 'accepted', 'none', true, 'p'`,
    [on.loginIdentity, on.orgId, on.endpointId, randomUUID()],
  );
  await t.sql(
    `INSERT INTO login_clearance (login_identity, org_id, endpoint_id, kind, actor, reason, at) VALUES ($1, $2, $3, 'unlocked', 'p', 'r', now() - interval '5 years')`,
    [on.loginIdentity, on.orgId, on.endpointId],
  );
  const tables = [
    'login_attempt',
    'login_clearance',
    'rotation_attempt',
    'rotation_request',
    'backup_code_spent',
    'audit_event',
    'login_identity',
    'integration_endpoint',
    'portal_task',
  ];
  const rows = () => Promise.all(tables.map((table) => t.sql(`SELECT md5(coalesce(string_agg(x::text, '' ORDER BY x::text), '')) AS all FROM ${table} x`)));
  const before = await rows();
  for (const what of OLD_ROWS) while ((await forget(what)) > 0);
  expect(await rows()).toEqual(before);
});
