import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase } from '../testing.fixture.ts';
import { listCopiesToRemove, noteCopyRemoved } from './copies.ts';

let t: TestDatabase;
let orgId: string;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
beforeEach(async () => void (await t.sql(`UPDATE rotation_attempt SET copy_removed_at = now()`)));

interface Left {
  readonly daysAgo: number;
  readonly wasSubmitted?: boolean;
}

/** Abandoned attempts of one secret, as many as are given; answers with their ids in that order. */
async function leftBehind(secretArn: string, left: readonly Left[]): Promise<string[]> {
  const endpoint = await makeEndpoint(t.db);
  orgId = endpoint.orgId;
  const ids: string[] = [];
  const { attemptId: first } = await plannedAttempt(t.db, endpoint);
  for (const [index, { daysAgo, wasSubmitted = false }] of left.entries()) {
    const [row] = await t.sql<{ id: string }>(
      `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash, submit_deadline_at, ended_at)
       SELECT gen_random_uuid(), login_identity, org_id, endpoint_id, portal_type_code, 'abandoned', fence + $2, owner, reason, $3, base_version, recipe_hash, $4, now() - make_interval(days => $5)
         FROM rotation_attempt WHERE id = $1 RETURNING id`,
      [first, index + 1, secretArn, wasSubmitted ? new Date() : null, daysAgo],
    );
    ids.push(row?.id ?? '');
  }
  return ids;
}

const toRemove = async (): Promise<string[]> => (await listCopiesToRemove(t.rotator, { limit: 100 })).map(({ id }) => id).sort();
const days = (count: number): Left[] => Array.from({ length: count }, (_, i) => ({ daysAgo: i + 1 }));

test('a copy goes after a month and not before, however many there are, where the store has room', async () => {
  const ids = await leftBehind('arn:aws:ssm:us-east-1:123456789012:parameter/a', days(32));
  expect(await toRemove()).toEqual(ids.slice(30 - 1).sort());
});

test('in Secrets Manager the oldest of more than twelve go early', async () => {
  const ids = await leftBehind('arn:aws:secretsmanager:us-east-1:123456789012:secret:a-AbCdEf', days(14));
  expect(await toRemove()).toEqual(ids.slice(12).sort());
});

test('what a portal may have been told is kept before what it was never told', async () => {
  const submitted = { daysAgo: 20, wasSubmitted: true };
  const ids = await leftBehind('arn:aws:secretsmanager:us-east-1:123456789012:secret:b-AbCdEf', [submitted, ...days(12)]);
  expect(await toRemove()).toEqual(ids.slice(12));
});

test('a copy that was removed is not listed again', async () => {
  const [id = ''] = await leftBehind('arn:aws:ssm:us-east-1:123456789012:parameter/b', [{ daysAgo: 40 }]);
  expect(await toRemove()).toEqual([id]);
  await noteCopyRemoved(t.rotator, { attemptId: id, orgId });
  expect(await toRemove()).toEqual([]);
});

test('of more than one look takes, those that cannot be removed hold up no other', async () => {
  const ids = await leftBehind(
    'arn:aws:ssm:us-east-1:123456789012:parameter/c',
    Array.from({ length: 6 }, (_, i) => ({ daysAgo: 40 + i })),
  );
  const seen = new Set<string>();
  for (let look = 0; look < 200 && seen.size < ids.length; look += 1) for (const { id } of await listCopiesToRemove(t.rotator, { limit: 3 })) seen.add(id);
  expect([...seen].sort()).toEqual(ids.sort());
});
