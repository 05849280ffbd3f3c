import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, Logins } from '../ledger/account.fixture.ts';
import { followStoreVersion } from '../endpoints/follow.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { outrunCopy, promotedSince } from './outrun-copy.ts';
import { knownVersions } from './known-versions.ts';
import { wasReplaced } from './replaced-version.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

const acceptedOf = async (on: TestEndpoint, limit = 10) =>
  (await knownVersions(t.rotator, { ...on, limit })).filter(({ accepted }) => accepted).map(({ version }) => version);
const accept = (on: Account, version: string, proved = true) => logins.login(on, proved ? 'accepted' : 'rejected', { version, proved });

interface Ended {
  readonly promoted?: string;
  /** What it replaced. Default: what it was planned on. */
  readonly previous?: string;
  /** `null`: it is open. */
  readonly endedSecondsAgo: number | null;
}
/** A rotation of the past, straight into the journal. */
async function rotation(on: TestEndpoint, { promoted, previous, endedSecondsAgo }: Ended): Promise<string> {
  const id = randomUUID();
  await t.sql(
    `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, promoted_version, recipe_hash, ended_at, previous_version)
     VALUES ($1, $2, $3, $4, 'alpine', $5, 1, 'r', 'due', $6, '1', $7, 'h', now() - $8::float8 * interval '1 s', $9)`,
    [
      id,
      on.loginIdentity,
      on.orgId,
      on.endpointId,
      endedSecondsAgo === null ? 'planned' : promoted === undefined ? 'abandoned' : 'done',
      on.secretArn,
      promoted ?? null,
      endedSecondsAgo,
      previous ?? '1',
    ],
  );
  return id;
}

describe('the versions that were tried', () => {
  test('come the last accepted first, each once, and behind them those that were only refused', async () => {
    const on = await logins.account({ lockoutThreshold: 9 });
    for (const version of ['1', '2', '1']) await accept(on, version);
    await accept(on, '3', false);
    await logins.login(on, 'password_expired', { version: '4', proved: true });
    expect(await acceptedOf(on)).toEqual(['4', '1', '2']);
    expect(await acceptedOf(on, 2)).toEqual(['4', '1']);
    expect((await knownVersions(t.rotator, { ...on, limit: 10 })).at(-1)).toEqual({ version: '3', accepted: false });
  });

  test('know a staged password by the version that it was promoted as, whole, and not before', async () => {
    const on = await logins.account();
    const [promoted, abandoned] = [await rotation(on, { promoted: '8', endedSecondsAgo: 60 }), await rotation(on, { endedSecondsAgo: 60 })];
    for (const version of [`staged:${promoted}`, `staged:${abandoned}`, `staged:${promoted}/14`]) await accept(on, version);
    expect(await acceptedOf(on)).toEqual(['8']);
  });

  test('hold what a person stored while a rotation was under way, which it replaced before anybody had tried it', async () => {
    const [on, other] = [await logins.account(), await logins.account()];
    await accept(on, '4');
    await rotation(on, { promoted: '4', previous: '3', endedSecondsAgo: 60 });
    await rotation(on, { promoted: '2', endedSecondsAgo: 90 });
    await rotation(on, { previous: '9', endedSecondsAgo: 30 });
    await rotation(other, { promoted: '8', previous: '7', endedSecondsAgo: 60 });
    expect(await knownVersions(t.rotator, { ...on, limit: 10 })).toEqual([
      { version: '4', accepted: true },
      { version: '3', accepted: false },
    ]);
  });

  test('are those of the secret that the endpoint has now, by whichever endpoint of the organization they were used', async () => {
    const on = await logins.account();
    const sharing = await logins.account(undefined, { orgId: on.orgId, loginIdentity: on.loginIdentity, secretArn: on.secretArn });
    const ofItsOwn = await logins.account(undefined, { orgId: on.orgId, loginIdentity: on.loginIdentity });
    const elsewhere = await logins.account(undefined, { loginIdentity: on.loginIdentity, secretArn: on.secretArn });
    await accept(on, '1');
    await accept(sharing, '2');
    await accept(ofItsOwn, '3');
    await accept(elsewhere, '4');
    expect(await acceptedOf(on)).toEqual(['2', '1']);
    expect(await acceptedOf(elsewhere)).toEqual(['4']);
    for (const secretArn of [null, on.secretArn]) await t.sql('UPDATE integration_endpoint SET secret_arn = $1 WHERE id = $2', [secretArn, sharing.endpointId]);
    expect(await acceptedOf(on)).toEqual(['1']);
  });
});

describe('a rotation is outrun', () => {
  test('by one of the same login that was promoted after its end, and by nothing else', async () => {
    const on = await makeEndpoint(t.db);
    const outrun = async (attemptId: string, of: TestEndpoint = on) => (await outrunCopy(t.agent, { ...of, attemptId })) !== null;
    const first = await rotation(on, { promoted: '2', endedSecondsAgo: 300 });
    expect(await outrun(first)).toBe(false);
    const given = await rotation(on, { endedSecondsAgo: 200 });
    expect(await outrun(first)).toBe(false);
    const second = await rotation(on, { promoted: '3', endedSecondsAgo: 100 });
    expect([await outrun(first), await outrun(given), await outrun(second)]).toEqual([true, true, false]);
    expect(await outrunCopy(t.agent, { ...on, attemptId: first })).toEqual({ newest: { attemptId: second, version: '3' }, openedVersion: '2' });
    expect(await outrunCopy(t.agent, { ...on, attemptId: given })).toMatchObject({ openedVersion: null });
    const open = await rotation(on, { endedSecondsAgo: null });
    expect([await outrun(open), await outrun(randomUUID()), await outrun('a note of a person')]).toEqual([false, false, false]);
    expect(await outrun(first, await makeEndpoint(t.db))).toBe(false);
  });

  test('not by another organization’s', async () => {
    const firm = await makeEndpoint(t.db);
    const hospital = await makeEndpoint(t.db, { loginIdentity: firm.loginIdentity });
    const first = await rotation(firm, { promoted: '2', endedSecondsAgo: 300 });
    await rotation(hospital, { promoted: '2', endedSecondsAgo: 100 });
    expect(await outrunCopy(t.agent, { ...firm, attemptId: first })).toBeNull();
    expect(await outrunCopy(t.agent, { ...hospital, attemptId: first })).toBeNull();
  });
});

test('of a text that names no rotation, those that were promoted since are known by the time alone', async () => {
  const [on, other] = [await makeEndpoint(t.db), await makeEndpoint(t.db)];
  const since = async (secondsAgo: number, of: TestEndpoint = on) =>
    (await promotedSince(t.rotator, { ...of, since: new Date(Date.now() - secondsAgo * 1000) }))?.attemptId ?? null;
  await rotation(on, { promoted: '2', endedSecondsAgo: 3000 });
  const second = await rotation(on, { promoted: '3', endedSecondsAgo: 2000 });
  await rotation(on, { endedSecondsAgo: 100 });
  await rotation(on, { endedSecondsAgo: null });
  expect([await since(1000), await since(2500), await since(3500), await since(3500, other)]).toEqual([null, second, second, null]);
});

describe('a version was replaced', () => {
  test('by the rotation that made the row’s version: what it was planned on, and what a person had saved until it was promoted', async () => {
    const on = await makeEndpoint(t.db);
    const was = (current: string | null, read: string, more: { readonly withinMs?: number; readonly madeBy?: string } = {}, of: TestEndpoint = on) =>
      wasReplaced(t.agent, { ...of, current, read, madeBy: null, ...more }).then((replaced) => replaced === 'by_rotation');
    await rotation(on, { endedSecondsAgo: 400 });
    expect([await was('3', '1'), await was(null, '1')]).toEqual([false, false]);
    const made = await rotation(on, { promoted: '3', previous: '2', endedSecondsAgo: 300 });
    // A secret that was lost and made anew begins with the first version again.
    expect([await was('3', '1', { madeBy: made }), await was('3', '1', { madeBy: randomUUID() })]).toEqual([false, true]);
    expect([await was('3', '1'), await was('3', '2'), await was('3', '4'), await was('4', '1'), await was(null, '1')]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect([await was('3', '1', { withinMs: 200_000 }), await was('3', '1', { withinMs: 400_000 })]).toEqual([false, true]);
    expect(await was('3', '1', {}, await makeEndpoint(t.db, { orgId: on.orgId }))).toBe(false);
    expect(await was('3', '1', {}, await makeEndpoint(t.db, { loginIdentity: on.loginIdentity }))).toBe(false);
  });

  test('by an edit that the row followed a moment ago, at every endpoint of the organization that shares the secret', async () => {
    const on = await makeEndpoint(t.db, { orgId: 'edited' });
    const twin = await makeEndpoint(t.db, { orgId: on.orgId, loginIdentity: on.loginIdentity, secretArn: on.secretArn });
    const was = (current: string | null, read: string, of: TestEndpoint = on) => wasReplaced(t.agent, { ...of, current, read, madeBy: randomUUID() });
    expect(await was('1', '0')).toBeNull();
    await followStoreVersion(t.agent, { ...on, from: '1', to: '2' });
    expect([await was('2', '1'), await was('2', '1', twin)]).toEqual(['by_edit', 'by_edit']);
    expect([await was('2', '3'), await was('1', '1'), await was(null, '1')]).toEqual([null, null, null]);
    expect(await was('2', '1', await makeEndpoint(t.db, { orgId: on.orgId }))).toBeNull();
    expect(await was('2', '1', { ...on, orgId: (await makeEndpoint(t.db)).orgId })).toBeNull();
    // What is still there then was put there: another version 1, or that one again.
    await t.sql(`UPDATE integration_endpoint SET followed_at = followed_at - interval '61 s' WHERE id = $1`, [on.endpointId]);
    expect([await was('2', '1'), await was('2', '1', twin)]).toEqual([null, 'by_edit']);
  });
});
