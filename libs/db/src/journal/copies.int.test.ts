import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { listCopiesToRemove, mayRemoveCopy, noteCopyRemoved } from './copies.ts';
import { requestRotation } from './request.ts';

let t: TestDatabase;
let endpoint: TestEndpoint;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
beforeEach(async () => void (await t.sql(`UPDATE rotation_attempt SET copy_removed_at = now()`)));

interface Left {
  readonly daysAgo: number;
  readonly wasSubmitted?: boolean;
  readonly reason?: string;
  readonly found?: string;
}

/** Abandoned attempts of one secret, as many as are given; answers with their ids in that order. */
async function leftBehind(secretArn: string, left: readonly Left[]): Promise<string[]> {
  endpoint = await makeEndpoint(t.db, { secretArn });
  const ids: string[] = [];
  const { attemptId: first } = await plannedAttempt(t.db, endpoint);
  for (const [index, { daysAgo, wasSubmitted = false, reason = 'due', found = null }] of left.entries()) {
    const [row] = await t.sql<{ id: string }>(
      `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash, submit_deadline_at, ended_at, found, request_id, chosen_version)
       SELECT gen_random_uuid(), login_identity, org_id, endpoint_id, portal_type_code, 'abandoned', fence + $2, owner, $6, $3, base_version, recipe_hash, $4, now() - make_interval(days => $5), $7, $8::uuid, $9
         FROM rotation_attempt WHERE id = $1 RETURNING id`,
      [first, index + 1, secretArn, wasSubmitted ? new Date() : null, daysAgo, reason, found, await requestFor(reason), reason === 'rollback' ? '1' : null],
    );
    ids.push(row?.id ?? '');
  }
  await t.sql(`UPDATE integration_endpoint SET secret_taken_at = NULL WHERE id = $1`, [endpoint.endpointId]);
  return ids;
}

/** What an attempt that somebody asked for names. */
async function requestFor(reason: string): Promise<string | null> {
  if (reason !== 'demand' && reason !== 'compromise' && reason !== 'rollback') return null;
  const asked = { orgId: endpoint.orgId, endpointId: endpoint.endpointId, actor: 'person:os:jane', reason: 'said so' };
  const kind = reason === 'rollback' ? ({ kind: reason, chosenVersion: '1' } as const) : ({ kind: reason } as const);
  return (await requestRotation(t.rotator, { ...asked, ...kind })).requestId;
}

/** A login of the endpoint, or of another one, that the portal answered so many days ago. */
const answered = (
  version: string,
  rest: { readonly daysAgo?: number; readonly proved?: boolean; readonly on?: TestEndpoint; readonly effect?: string } = {},
) => {
  const { daysAgo = 0, proved = true, on = endpoint, effect = 'none' } = rest;
  return t.sql(
    `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, proved)
     VALUES ($1, $2, $3, gen_random_uuid(), 'agent', $4, now() - make_interval(days => $5), now() - make_interval(days => $5), $6, $8, $7)`,
    [on.loginIdentity, on.orgId, on.endpointId, version, daysAgo, proved ? 'accepted' : 'rejected', proved, effect],
  );
};
const toRemove = async (): Promise<string[]> => (await listCopiesToRemove(t.rotator, { limit: 100 })).map(({ id }) => id).sort();
const days = (count: number): Left[] => Array.from({ length: count }, (_, i) => ({ daysAgo: i + 1 }));
const parameter = () => `arn:aws:ssm:us-east-1:123456789012:parameter/${randomUUID()}`;
const secret = () => `arn:aws:secretsmanager:us-east-1:123456789012:secret:${randomUUID()}`;

describe('where the login was accepted with what is current', () => {
  test('a copy goes after a month and not before, however many there are, where the store has room', async () => {
    const ids = await leftBehind(parameter(), days(32));
    await answered('1');
    expect(await toRemove()).toEqual(ids.slice(30 - 1).sort());
  });

  test('in Secrets Manager the oldest of more than twelve go early', async () => {
    const ids = await leftBehind(secret(), days(14));
    await answered('1');
    expect(await toRemove()).toEqual(ids.slice(12).sort());
  });

  test('what a portal may have been told is kept before what it was never told', async () => {
    const ids = await leftBehind(secret(), [{ daysAgo: 20, wasSubmitted: true }, ...days(12)]);
    await answered('1');
    expect(await toRemove()).toEqual(ids.slice(12));
  });

  test('a copy that was removed is not listed again', async () => {
    const [id = ''] = await leftBehind(parameter(), [{ daysAgo: 40 }]);
    await answered('1');
    expect(await toRemove()).toEqual([id]);
    await noteCopyRemoved(t.rotator, { attemptId: id, orgId: endpoint.orgId });
    expect(await toRemove()).toEqual([]);
  });

  test('of more than one look takes, those that cannot be removed hold up no other', async () => {
    const ids = await leftBehind(
      parameter(),
      Array.from({ length: 6 }, (_, i) => ({ daysAgo: 40 + i })),
    );
    await answered('1');
    const seen = new Set<string>();
    for (let look = 0; look < 200 && seen.size < ids.length; look += 1) for (const { id } of await listCopiesToRemove(t.rotator, { limit: 3 })) seen.add(id);
    expect([...seen].sort()).toEqual(ids.sort());
  });
});

describe('a copy may be what the portal holds, and stays,', () => {
  const may = async (id: string, currentVersion = '1') => ({
    listed: (await toRemove()).includes(id),
    may: await mayRemoveCopy(t.rotator, { attemptId: id, orgId: endpoint.orgId, currentVersion }),
  });
  const STAYS = { listed: false, may: false };
  const GOES = { listed: true, may: true };
  const old = async () => (await leftBehind(parameter(), [{ daysAgo: 40, wasSubmitted: true }]))[0] ?? '';

  test('until a login with what is current was accepted after its end', async () => {
    const id = await old();
    expect(await may(id)).toEqual(STAYS);
    await answered('1', { daysAgo: 41 });
    expect(await may(id)).toEqual(STAYS);
    await answered('1', { proved: false });
    await answered('0');
    await answered('1/14');
    expect(await may(id)).toEqual(STAYS);
    await answered('1', { daysAgo: 39 });
    expect(await may(id)).toEqual(GOES);
  });

  test('or what was promoted was proved as its own copy', async () => {
    const id = await old();
    const [other] = await t.sql<{ id: string }>(
      `UPDATE rotation_attempt SET state = 'done', promoted_version = '5', ended_at = now() WHERE endpoint_id = $1 AND ended_at IS NULL RETURNING id`,
      [endpoint.endpointId],
    );
    await t.sql(`UPDATE integration_endpoint SET current_version = '5' WHERE id = $1`, [endpoint.endpointId]);
    await answered(`staged:${id}`);
    expect(await may(id, '5')).toEqual(STAYS);
    await answered(`staged:${other?.id ?? ''}`);
    expect(await may(id, '5')).toEqual(GOES);
  });

  test('whatever was accepted with another secret of the same login, which counts its versions from one as well', async () => {
    const id = await old();
    const { orgId, loginIdentity } = endpoint;
    await answered('1', { on: await makeEndpoint(t.db, { orgId, loginIdentity }) });
    await answered('1', { on: await makeEndpoint(t.db, { loginIdentity }) });
    expect(await may(id)).toEqual(STAYS);
    await answered('1', { on: await makeEndpoint(t.db, { orgId, loginIdentity, secretArn: endpoint.secretArn }) });
    expect(await may(id)).toEqual(GOES);
    await t.sql(`UPDATE integration_endpoint SET secret_taken_at = clock_timestamp() WHERE org_id = $1`, [orgId]);
    expect(await may(id)).toEqual(STAYS);
    await t.sql(`UPDATE integration_endpoint SET secret_taken_at = NULL WHERE org_id = $1`, [orgId]);
    expect(await may(id)).toEqual(GOES);
  });

  test('or the store holds another version than the row says', async () => {
    const id = await old();
    await answered('1');
    expect(await may(id, '2')).toEqual({ listed: true, may: false });
  });

  test('while its attempt is open, and for every other organization', async () => {
    const id = await old();
    await answered('1');
    const other = await makeEndpoint(t.db);
    expect(await mayRemoveCopy(t.rotator, { attemptId: id, orgId: other.orgId, currentVersion: '1' })).toBe(false);
    const [open] = await t.sql<{ id: string }>(`SELECT id FROM rotation_attempt WHERE endpoint_id = $1 AND ended_at IS NULL`, [endpoint.endpointId]);
    expect(await mayRemoveCopy(t.rotator, { attemptId: open?.id ?? '', orgId: endpoint.orgId, currentVersion: '1' })).toBe(false);
    await expect(mayRemoveCopy(t.rotator, { attemptId: 'x', orgId: endpoint.orgId, currentVersion: '1' })).rejects.toMatchObject({ code: 'input_invalid' });
  });
});

describe('where the login was never accepted again', () => {
  const refuse = (id: string, rest: { readonly daysAgo?: number; readonly effect?: string } = {}) =>
    answered(`staged:${id}`, { proved: false, effect: 'bad', ...rest });
  const left = async (of: Omit<Left, 'daysAgo'> = {}) => (await leftBehind(parameter(), [{ daysAgo: 40, ...of }]))[0] ?? '';
  const goes = async (id: string) => {
    const may = await mayRemoveCopy(t.rotator, { attemptId: id, orgId: endpoint.orgId, currentVersion: '1' });
    expect((await toRemove()).includes(id)).toBe(may);
    return may;
  };

  test.each(['due', 'demand', 'compromise'])(
    'a copy that was never sent goes after a month, once the portal has refused it while it let others in (%s)',
    async (reason) => {
      const id = await left({ reason });
      expect(await goes(id)).toBe(false);
      await refuse(id, { daysAgo: 41 });
      await refuse(id, { effect: 'suspect' });
      await refuse(randomUUID());
      expect(await goes(id)).toBe(false);
      await refuse(id, { daysAgo: 39 });
      expect(await goes(id)).toBe(true);
    },
  );

  test.each([
    ['was submitted', { wasSubmitted: true }],
    ['was found after a restore', { reason: 'restored' }],
    ['holds an old password', { reason: 'rollback' }],
    ['a person has typed', { reason: 'resolve' }],
    ['the portal was seen to accept', { found: 'staged' }],
  ] as const)('what %s stays, however often it is refused', async (_, of) => {
    const id = await left(of);
    await refuse(id);
    expect(await goes(id)).toBe(false);
  });

  test('none goes before the month is over', async () => {
    const [id = ''] = await leftBehind(parameter(), [{ daysAgo: 20 }]);
    await refuse(id);
    expect(await toRemove()).toEqual([]);
  });
});
