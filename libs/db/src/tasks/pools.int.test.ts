import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pauseRotations } from '../admission/pause.ts';
import { clearLogin } from '../ledger/clearance.ts';
import { forgetPasswords } from '../ledger/password.ts';
import { exclusiveLease, makeEndpoint, openTestDatabase, printOf, REQUESTER, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { portal, Queue } from './queue.fixture.ts';
import { createPortalTask, requeuePortalTask } from './queue.ts';

let t: TestDatabase;
beforeEach(async () => {
  t = await openTestDatabase();
});
afterEach(async () => {
  await t.close();
});
const queue = new Queue(() => t);

describe('a pool', () => {
  const pool = async (size: number) => {
    const first = await makeEndpoint(t.db, { portal: portal() });
    const [{ code } = { code: '' }] = await t.sql<{ code: string }>('SELECT portal_type_code AS code FROM integration_endpoint WHERE id = $1', [
      first.endpointId,
    ]);
    const rest: TestEndpoint[] = [];
    for (let i = 1; i < size; i += 1) rest.push(await makeEndpoint(t.db, { orgId: first.orgId, portal: portal({ code }) }));
    return { code, accounts: [first, ...rest], first };
  };

  test('lends the account that has been idle longest, and never one twice at a time', async () => {
    const { code, accounts, first } = await pool(3);
    for (let i = 0; i < 4; i += 1) await queue.at(first, code);
    const taken = [await queue.next(), await queue.next(), await queue.next()];
    expect(taken.map((task) => task?.endpointId).sort()).toEqual(accounts.map((account) => account.endpointId).sort());
    expect(await queue.next()).toBeNull();
    if (taken[1]) await queue.end(taken[1]);
    if (taken[0]) await queue.end(taken[0]);
    expect((await queue.next())?.endpointId).toBe(taken[0]?.endpointId);
  });

  const sick: readonly (readonly [string, (account: TestEndpoint) => Promise<unknown>])[] = [
    ['blocked', ({ endpointId }) => t.sql(`UPDATE integration_endpoint SET rotation_status = 'failed' WHERE id = $1`, [endpointId])],
    ['being changed', (account) => exclusiveLease(t.rotator, account)],
    ['paused', ({ orgId, endpointId }) => pauseRotations(t.rotator, { scope: { kind: 'endpoint', orgId, endpointId }, actor: 'a', reason: 'r' })],
    ['locked', (account) => lastLogin(account, `'locked', 'none', NULL, NULL`)],
    ['without an end locked', async (account) => (await lastLogin(account, `'locked', 'none', NULL, NULL`, '2 days'), locksForGood(account))],
    ['suspect', (account) => lastLogin(account, `'rejected', 'suspect', NULL, now() + interval '1 h'`)],
    ['throttled', (account) => lastLogin(account, `'throttled', 'none', now() + interval '1 h', NULL`)],
    ['known to be wrong', (account) => lastLogin(account, `'rejected', 'bad', NULL, now() + interval '1 h'`)],
  ];
  const lastLogin = ({ loginIdentity, orgId, endpointId }: TestEndpoint, end: string, ago = '0') =>
    t.sql(
      `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, started_at, finished_at, outcome, effect, throttled_until, rests_until, proved)
       SELECT $1, $2, $3, $4, 'agent', '1', $5, now() - $6::interval, now() - $6::interval, told.*, told.outcome = 'accepted'
         FROM (VALUES (${end.replaceAll('NULL', 'NULL::timestamptz')})) told (outcome, effect, throttled_until, rests_until)`,
      [loginIdentity, orgId, endpointId, randomUUID(), printOf('x'), ago],
    );
  const locksForGood = ({ endpointId }: TestEndpoint) =>
    t.sql(`UPDATE portal_type SET lockout_lasts_seconds = NULL WHERE code = (SELECT portal_type_code FROM integration_endpoint WHERE id = $1)`, [endpointId]);
  test.each(sick)('lends no account that is %s', async (_what, makeSick) => {
    const { code, accounts, first } = await pool(2);
    await makeSick(first);
    await queue.at(first, code);
    await queue.at(first, code);
    expect((await queue.next())?.endpointId).toBe(accounts[1]?.endpointId);
    expect(await queue.next()).toBeNull();
  });

  const clear = (kind: 'unlocked' | 'retry') => (account: TestEndpoint) => clearLogin(t.rotator, { ...account, kind, actor: 'person:os:jane', reason: 'r' });
  const REFUSED = `'rejected', 'bad', NULL, now() + interval '1 h'`;
  const healed: readonly (readonly [string, string, (account: TestEndpoint) => Promise<unknown>])[] = [
    ['its password is right after all', REFUSED, (account) => lastLogin(account, `'accepted', 'none', NULL, NULL`, '-1 s')],
    ['a person says so', REFUSED, clear('retry')],
    ['another version is current', REFUSED, ({ endpointId }) => t.sql(`UPDATE integration_endpoint SET current_version = '2' WHERE id = $1`, [endpointId])],
    ['its password is forgotten', REFUSED, (account) => forgetPasswords(t.rotator, { ...account, keep: [] })],
    ['support has unlocked it', `'locked', 'none', NULL, NULL`, clear('unlocked')],
    ['support has unlocked it before the time that the page showed', `'locked', 'none', now() + interval '1 h', NULL`, clear('unlocked')],
  ];
  test.each(healed)('lends an account again when %s', async (_what, end, heal) => {
    const { code, first } = await pool(1);
    await lastLogin(first, end);
    await queue.at(first, code);
    expect(await queue.next()).toBeNull();
    await heal(first);
    expect((await queue.next())?.endpointId).toBe(first.endpointId);
  });

  test('gives a task that was handed back the account that has been idle longest, which is another one', async () => {
    const { code, accounts, first } = await pool(2);
    const { taskId } = await queue.at(first, code);
    const before = await queue.next();
    await requeuePortalTask(t.agent, { taskId, orgId: first.orgId, worker: 'w', delayMs: 0, reason: 'r', countsAsTry: false });
    expect((await queue.next())?.endpointId).toBe(accounts.find((account) => account.endpointId !== before?.endpointId)?.endpointId);
  });

  test('is the organization’s own: no account of another one is lent', async () => {
    const { code, first } = await pool(1);
    await makeEndpoint(t.db, { portal: portal({ code }) });
    await queue.at(first, code);
    await queue.at(first, code);
    expect((await queue.next())?.endpointId).toBe(first.endpointId);
    expect(await queue.next()).toBeNull();
    await expect(
      createPortalTask(t.agent, {
        orgId: (await makeEndpoint(t.db, { portal: portal() })).orgId,
        portalTypeCode: code,
        name: 'n',
        input: {},
        requester: REQUESTER,
      }),
    ).rejects.toMatchObject({ code: 'endpoint_unknown' });
  });
});
