import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exclusiveLease, makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint, plannedAttempt } from '../testing.fixture.ts';
import type { AttemptReason } from './attempt.ts';
import { finishAttempt } from './ends.ts';
import { planRotation } from './open.ts';
import { answerRequest, listLeftRequests, noteLookedAt } from './left-requests.ts';
import { requestRotation } from './request.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

async function plan(endpoint: TestEndpoint, reason: AttemptReason, more: object = {}) {
  const lease = await exclusiveLease(t.db, endpoint);
  const wanted = {
    ...endpoint,
    attemptId: randomUUID(),
    leaseId: lease.id,
    fence: lease.fence,
    owner: 'o',
    reason,
    baseVersion: '1',
    recipeHash: 'h',
    ...more,
  };
  const answer = await planRotation(t.rotator, wanted).finally(() => t.sql('DELETE FROM login_lease WHERE id = $1', [lease.id]));
  return answer.created ? answer.attempt : null;
}
const ASKED = { actor: 'person:os:jane', reason: 'support asked' } as const;

describe('what a person asks of a rotator', () => {
  test('is written down with its audit event, or neither is', async () => {
    const endpoint = await makeEndpoint(t.db);
    const { requestId } = await requestRotation(t.rotator, { ...endpoint, ...ASKED, kind: 'rollback', chosenVersion: '7' });
    expect(await t.sql('SELECT kind, chosen_version, actor, reason FROM rotation_request WHERE id = $1', [requestId])).toEqual([
      { kind: 'rollback', chosen_version: '7', actor: 'person:os:jane', reason: 'support asked' },
    ]);
    const events = () => t.sql('SELECT action, actor, reason, details FROM audit_event WHERE org_id = $1', [endpoint.orgId]);
    expect(await events()).toContainEqual({
      action: 'rotation.rollback',
      actor: 'person:os:jane',
      reason: 'support asked',
      details: expect.objectContaining({ requestId, toVersion: '7' }),
    });
    const before = await events();
    await expect(requestRotation(t.rotator, { ...endpoint, ...ASKED, endpointId: 'none', kind: 'demand' })).rejects.toMatchObject({ code: 'input_invalid' });
    expect(await events()).toEqual(before);
  });

  test('is what the journal says, whatever the rotator that plans it was told', async () => {
    const endpoint = await makeEndpoint(t.db);
    const { requestId } = await requestRotation(t.rotator, { ...endpoint, ...ASKED, kind: 'rollback', chosenVersion: '7' });
    expect(await plan(endpoint, 'rollback', { requestId, chosenVersion: '1' })).toMatchObject({ reason: 'rollback', chosenVersion: '7', requestId });
  });

  test.each(['demand', 'compromise', 'rollback'] as const)(
    'is needed: no %s without a request, with one for another reason, or for another endpoint',
    async (reason) => {
      const [endpoint, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
      const another = reason === 'demand' ? 'compromise' : 'demand';
      const forAnother = await requestRotation(t.rotator, { ...endpoint, ...ASKED, kind: another });
      const elsewhere = await requestRotation(t.rotator, {
        ...other,
        ...ASKED,
        ...(reason === 'rollback' ? { kind: reason, chosenVersion: '1' } : { kind: reason }),
      });
      for (const given of [{}, { chosenVersion: '1' }, { requestId: randomUUID() }, forAnother, elsewhere])
        await expect(plan(endpoint, reason, given)).rejects.toMatchObject({ code: 'rotation_refused' });
      expect(await t.sql('SELECT FROM rotation_attempt WHERE org_id = $1', [endpoint.orgId])).toEqual([]);
    },
  );

  test('is begun once', async () => {
    const endpoint = await makeEndpoint(t.db);
    const { requestId } = await requestRotation(t.rotator, { ...endpoint, ...ASKED, kind: 'demand' });
    const attempt = await plan(endpoint, 'demand', { requestId });
    await finishAttempt(t.rotator, { attemptId: attempt?.id ?? '', orgId: endpoint.orgId, fence: attempt?.fence ?? 0n, from: 'planned', end: 'abandoned' });
    await expect(plan(endpoint, 'demand', { requestId })).rejects.toMatchObject({ code: 'rotation_refused' });
    expect(await plan(endpoint, 'due')).toMatchObject({ reason: 'due', requestId: null, chosenVersion: null });
  });

  test('holds in the database too: no row of the journal says otherwise, whoever writes it', async () => {
    const [endpoint, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
    const { requestId } = await requestRotation(t.rotator, { ...endpoint, ...ASKED, kind: 'rollback', chosenVersion: '7' });
    const demand = await requestRotation(t.rotator, { ...other, ...ASKED, kind: 'demand' });
    const insert = (reason: string, version: string | null, request: string | null) =>
      t.sql(
        `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash, chosen_version, request_id)
         VALUES (gen_random_uuid(), $1, $2, $3, 'alpine', 'planned', 1, 'o', $4, 'arn:aws:ssm:x', '1', 'h', $5, $6)`,
        [endpoint.loginIdentity, endpoint.orgId, endpoint.endpointId, reason, version, request],
      );
    for (const [reason, version, request] of [
      ['rollback', '7', null],
      ['rollback', '8', requestId],
      ['rollback', null, requestId],
      ['demand', null, requestId],
      ['compromise', null, null],
      ['demand', null, demand.requestId],
      ['due', '7', null],
    ] as const)
      await expect(insert(reason, version, request), reason).rejects.toMatchObject({ code: expect.stringMatching(/^235(03|14)$/) });
    await insert('rollback', '7', requestId);
  });
});

describe('a request whose command has died before it planned', () => {
  const left = () => listLeftRequests(t.rotator, { olderThanMs: 300_000, pauseMs: 0, limit: 100 });
  const ago = (requestId: string, ms: number) =>
    t.sql(`UPDATE rotation_request SET requested_at = clock_timestamp() - make_interval(secs => $2::float8 / 1000) WHERE id = $1`, [requestId, ms]);

  const notices = ({ endpointId }: TestEndpoint) => t.sql('SELECT kind, detail FROM notice WHERE endpoint_id = $1', [endpointId]);

  test('is found when it is old enough, until it is begun or answered, and is answered once', async () => {
    const [endpoint, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
    const { requestId } = await requestRotation(t.rotator, { ...endpoint, ...ASKED, kind: 'compromise' });
    const begun = await requestRotation(t.rotator, { ...other, ...ASKED, kind: 'demand' });
    expect(await left()).toEqual([]);
    for (const id of [requestId, begun.requestId]) await ago(id, 301_000);
    expect((await left()).map(({ requestId: id }) => id).sort()).toEqual([requestId, begun.requestId].sort());
    await plan(other, 'demand', begun);
    const [found] = await left();
    expect(found).toMatchObject({ requestId, orgId: endpoint.orgId, endpointId: endpoint.endpointId, kind: 'compromise' });
    expect(found?.ageMs).toBeGreaterThanOrEqual(301_000);
    const answer = {
      requestId,
      orgId: endpoint.orgId,
      answer: 'not_started',
      tell: { actor: 'rotator@host:1', endpointId: endpoint.endpointId, reason: 'paused', where: 'people' as const },
    };
    expect(await answerRequest(t.rotator, { ...answer, orgId: other.orgId })).toBe(false);
    expect([await answerRequest(t.rotator, answer), await answerRequest(t.rotator, answer)]).toEqual([true, false]);
    expect(await left()).toEqual([]);
    expect(await t.sql(`SELECT actor, subject, reason, details FROM audit_event WHERE action = 'rotation.not_started'`)).toEqual([
      { actor: 'rotator@host:1', subject: endpoint.endpointId, reason: 'paused', details: { requestId, answer: 'not_started' } },
    ]);
    expect(await notices(endpoint)).toEqual([{ kind: 'request_not_done', detail: 'paused' }]);
  });

  test('tells the trail alone where whoever asked has what they wanted', async () => {
    const endpoint = await makeEndpoint(t.db);
    const { requestId } = await requestRotation(t.rotator, { ...endpoint, ...ASKED, kind: 'compromise' });
    const tell = { actor: 'rotator@host:1', endpointId: endpoint.endpointId, reason: 'rotated since', where: 'audit' as const };
    expect(await answerRequest(t.rotator, { requestId, orgId: endpoint.orgId, answer: 'rotated_since', tell })).toBe(true);
    expect(await t.sql(`SELECT reason FROM audit_event WHERE action = 'rotation.not_started' AND subject = $1`, [endpoint.endpointId])).toEqual([
      { reason: 'rotated since' },
    ]);
    expect(await notices(endpoint)).toEqual([]);
  });

  test('is not told of as not begun where a rotation was planned for it, as by a process that lost its lease then', async () => {
    const endpoint = await makeEndpoint(t.db);
    const { requestId } = await requestRotation(t.rotator, { ...endpoint, ...ASKED, kind: 'compromise' });
    expect(await plan(endpoint, 'compromise', { requestId })).toMatchObject({ requestId, state: 'planned' });
    const tell = { actor: 'rotator@host:1', endpointId: endpoint.endpointId, reason: 'a day', where: 'people' as const };
    expect(await answerRequest(t.rotator, { requestId, orgId: endpoint.orgId, answer: 'expired', tell })).toBe(false);
    expect(await t.sql(`SELECT FROM audit_event WHERE action = 'rotation.not_started' AND subject = $1`, [endpoint.endpointId])).toEqual([]);
    expect(await notices(endpoint)).toEqual([]);
    expect(await answerRequest(t.rotator, { requestId, orgId: endpoint.orgId, answer: 'done' })).toBe(true);
  });

  test('comes after those that nobody has looked at, and then in turn', async () => {
    const asked: { readonly requestId: string; readonly orgId: string }[] = [];
    for (const minutes of [30, 20, 10]) {
      const { orgId, endpointId } = await makeEndpoint(t.db);
      const { requestId } = await requestRotation(t.rotator, { orgId, endpointId, ...ASKED, kind: 'demand' });
      await ago(requestId, minutes * 60_000);
      asked.push({ requestId, orgId });
    }
    const turns: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const [first] = await listLeftRequests(t.rotator, { olderThanMs: 300_000, pauseMs: 0, limit: 1 });
      turns.push(first?.requestId ?? 'none');
      await noteLookedAt(t.rotator, { ...(first ?? { requestId: randomUUID(), orgId: 'none' }), pauseMs: 0 });
    }
    const each = asked.map(({ requestId }) => requestId);
    expect(turns).toEqual([...each, ...each]);
    // Another tenant's is not moved to the end, nor one that was answered.
    const [one, two, three] = asked;
    await noteLookedAt(t.rotator, { requestId: one?.requestId ?? '', orgId: two?.orgId ?? '', pauseMs: 0 });
    await answerRequest(t.rotator, { requestId: three?.requestId ?? '', orgId: three?.orgId ?? '', answer: 'done' });
    await noteLookedAt(t.rotator, { ...(three ?? { requestId: '', orgId: '' }), pauseMs: 0 });
    expect((await left()).map(({ requestId }) => requestId)).toEqual([one?.requestId, two?.requestId]);
  });

  test('is one rotator’s to look at, not again before its pause is over, and says whether the login was rotated since', async () => {
    const endpoint = await makeEndpoint(t.db);
    const { orgId, endpointId } = endpoint;
    const { requestId } = await requestRotation(t.rotator, { orgId, endpointId, ...ASKED, kind: 'demand' });
    await ago(requestId, 600_000);
    const pauseMs = 300_000;
    const isListed = async () => {
      const listed = await listLeftRequests(t.rotator, { olderThanMs: pauseMs, pauseMs, limit: 100 });
      return listed.some((each) => each.requestId === requestId);
    };
    const look = () => noteLookedAt(t.rotator, { requestId, orgId, pauseMs });
    expect(await isListed()).toBe(true);
    expect((await Promise.all([look(), look()])).toSorted()).toEqual([{ rotatedSince: false }, null]);
    expect(await isListed()).toBe(false);
    await t.sql(`UPDATE rotation_request SET looked_at = looked_at - interval '301 seconds' WHERE id = $1`, [requestId]);
    expect(await isListed()).toBe(true);
    // One that had begun before may be what put the password there that others know.
    const { attemptId } = await plannedAttempt(t.rotator, endpoint);
    const done = (createdAt: string) =>
      t.sql(
        `UPDATE rotation_attempt SET state = 'done', promoted_version = '2', previous_version = '1', ended_at = now(), created_at = now() - $2::interval WHERE id = $1`,
        [attemptId, createdAt],
      );
    const lookedLongAgo = () => t.sql(`UPDATE rotation_request SET looked_at = NULL WHERE id = $1`, [requestId]);
    await done('11 minutes');
    expect(await look()).toEqual({ rotatedSince: false });
    await lookedLongAgo();
    await done('9 minutes');
    expect(await look()).toEqual({ rotatedSince: true });
  });
});
