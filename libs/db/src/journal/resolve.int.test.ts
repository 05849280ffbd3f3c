import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase } from '../testing.fixture.ts';
import { blockAttempt } from './advance.ts';
import { getAttempt, getOpenAttempt } from './open.ts';
import { announceSuccessor, resolveAsUnchanged, resolveBySuccessor } from './resolve.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

async function blocked(of: { readonly orgId?: string } = {}) {
  const endpoint = await makeEndpoint(t.db, of);
  const { attemptId, fence } = await plannedAttempt(t.db, endpoint);
  await blockAttempt(t.rotator, { attemptId, orgId: endpoint.orgId, fence, from: 'planned', detail: 'neither' });
  const resolution = { attemptId, orgId: endpoint.orgId, fence, detail: 'resolved by a person' };
  const successor = { attemptId: randomUUID(), baseVersion: '1' };
  const states = async () => Promise.all([attemptId, successor.attemptId].map(async (id) => (await getAttempt(t.rotator, { attemptId: id }))?.state ?? null));
  return { endpoint, resolution, successor, states, open: () => getOpenAttempt(t.rotator, endpoint) };
}

test('a block that a person ends as unchanged is due again by Postgres’s clock', async () => {
  const { endpoint, resolution, states } = await blocked();
  expect(await resolveAsUnchanged(t.rotator, { ...resolution, fence: resolution.fence + 1n, dueAgainMs: 7_200_000 })).toBe(false);
  expect(await resolveAsUnchanged(t.rotator, { ...resolution, dueAgainMs: 7_200_000 })).toBe(true);
  expect(await states()).toEqual(['abandoned', null]);
  expect(
    await t.sql(
      `SELECT e.rotation_status AS status, round(extract(epoch FROM e.next_rotation_at - a.ended_at))::int AS after FROM integration_endpoint e
         JOIN rotation_attempt a ON a.endpoint_id = e.id WHERE e.id = $1`,
      [endpoint.endpointId],
    ),
  ).toEqual([{ status: 'active', after: 7_200 }]);
});

describe('the successor of a blocked attempt', () => {
  test('is known to the journal before its password is staged, and holds nothing until it was proved', async () => {
    const { resolution, successor, states, open } = await blocked();
    expect(await announceSuccessor(t.rotator, { ...resolution, successor })).toBe(true);
    expect([await states(), (await open())?.id]).toEqual([['blocked', 'abandoned'], resolution.attemptId]);
    expect(await getAttempt(t.rotator, { attemptId: successor.attemptId })).toMatchObject({ reason: 'resolve', journalVersion: 2 });
    expect(await resolveBySuccessor(t.rotator, { ...resolution, successorId: successor.attemptId })).toBe(true);
    expect([await states(), await open()]).toMatchObject([
      ['abandoned', 'verified'],
      { id: successor.attemptId, endedAt: null, detail: 'resolved by a person' },
    ]);
    expect(await resolveBySuccessor(t.rotator, { ...resolution, successorId: successor.attemptId })).toBe(false);
  });

  test('that nobody announced begins nothing, and the block stays', async () => {
    const { resolution, successor, states } = await blocked();
    await expect(resolveBySuccessor(t.rotator, { ...resolution, successorId: successor.attemptId })).rejects.toMatchObject({ code: 'state_conflict' });
    expect(await states()).toEqual(['blocked', null]);
  });

  test('is no attempt of another login, and none that sent something', async () => {
    const one = await blocked();
    const other = await blocked({ orgId: one.endpoint.orgId });
    await announceSuccessor(t.rotator, { ...other.resolution, successor: other.successor });
    await announceSuccessor(t.rotator, { ...one.resolution, successor: one.successor });
    await t.sql(`UPDATE rotation_attempt SET submit_deadline_at = now() WHERE id = $1`, [one.successor.attemptId]);
    for (const successorId of [other.successor.attemptId, one.successor.attemptId])
      await expect(resolveBySuccessor(t.rotator, { ...one.resolution, successorId })).rejects.toMatchObject({ code: 'state_conflict' });
    expect(await one.states()).toEqual(['blocked', 'abandoned']);
  });

  test('is announced by whoever holds the block, and nobody else', async () => {
    const { resolution, successor, states } = await blocked();
    expect(await announceSuccessor(t.rotator, { ...resolution, fence: resolution.fence + 1n, successor })).toBe(false);
    expect(await states()).toEqual(['blocked', null]);
  });
});
