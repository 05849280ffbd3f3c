import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { another, Followers } from '../endpoints/follow-account.fixture.ts';
import type { LoginName } from '../endpoints/follow-account.ts';
import { Logins } from '../ledger/account.fixture.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { exclusiveLease, makeEndpoint, openTestDatabase, printOf, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { notePersonsWord } from '../upkeep/said.ts';
import { forgetLeftPasswords } from './left.ts';
import { moveLogin } from './move.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const rows = new Followers(() => t);
const logins = new Logins(() => t);

/** What nothing says but the row of a login. */
interface OnlyThere {
  readonly person: string | null;
  readonly recertified: string | null;
  readonly rests: string | null;
  readonly known: string;
}
const saidOf = async (id: string) =>
  (
    await t.sql<OnlyThere & { readonly left: string | null }>(
      `SELECT person_login_at::date::text AS person, recertified_at::date::text AS recertified, keep_alive_after::date::text AS rests, created_at::date::text AS known,
              left_since::date::text AS left FROM login_identity WHERE id = $1`,
      [id],
    )
  )[0];

/** A login of which so much is said, which may be one that nobody has. */
const say = (id: string, { person, recertified, rests, known }: OnlyThere) =>
  t.sql(
    `INSERT INTO login_identity (id, person_login_at, recertified_at, keep_alive_after, created_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id)
       DO UPDATE SET person_login_at = excluded.person_login_at, recertified_at = excluded.recertified_at, keep_alive_after = excluded.keep_alive_after,
                     created_at = excluded.created_at`,
    [id, person, recertified, rests, known],
  );

async function moveKey(on: TestEndpoint, to: LoginName): Promise<void> {
  const { id: leaseId } = await exclusiveLease(t.rotator, on);
  expect(await moveLogin(t.rotator, { ...on, from: on.loginIdentity, to, leaseId, actor: 'rotator-1' })).toBe('moved_over');
}
const WAYS: readonly (readonly [string, (on: TestEndpoint, to: LoginName) => Promise<unknown>])[] = [
  ['under another key', moveKey],
  ['renamed', (on, to) => rows.rename(on, to)],
];

const NOTHING: OnlyThere = { person: null, recertified: null, rests: null, known: '2026-06-01' };
const MUCH: OnlyThere = { person: '2026-03-02', recertified: '2026-04-02', rests: '2026-05-02', known: '2026-02-02' };
/** In each that `MUCH` has, the other side of it. */
const OTHERWISE: OnlyThere = { person: '2026-03-01', recertified: '2026-04-03', rests: '2026-05-01', known: '2026-02-03' };
const BOTH: OnlyThere = { person: '2026-03-02', recertified: '2026-04-03', rests: '2026-05-02', known: '2026-02-02' };

describe.each(WAYS)('an account %s', (_, goesOver) => {
  test.each([
    ['nothing was said of the new name', MUCH, NOTHING, MUCH],
    ['all was said of the new name', NOTHING, MUCH, MUCH],
    ['something was said of both', MUCH, OTHERWISE, BOTH],
    ['something was said of both, the other way about', OTHERWISE, MUCH, BOTH],
  ])('keeps what people said last, when it rests, and since when it is known: %s', async (_case, before, there, expected) => {
    const [on, to] = [await makeEndpoint(t.db), another()];
    await say(on.loginIdentity, before);
    await say(to.id, there);
    await goesOver(on, to);
    expect(await saidOf(to.id)).toEqual({ ...expected, left: null });
  });

  test('keeps a person’s word where the new name was never heard of', async () => {
    const [on, to] = [await makeEndpoint(t.db), another()];
    for (const kind of ['logged_in', 'recertified'] as const)
      await notePersonsWord(t.rotator, { ...on, kind, at: new Date('2026-03-04T12:00:00Z'), actor: 'person:os:jane', reason: 'r' });
    await goesOver(on, to);
    expect(await saidOf(to.id)).toMatchObject({ person: '2026-03-04', recertified: '2026-03-04' });
  });

  test('is still one whose passwords are forgotten of whoever has left it', async () => {
    const on = await makeEndpoint(t.db);
    const hospital = await logins.account(undefined, { loginIdentity: on.loginIdentity });
    await logins.login(hospital, 'rejected', { password: 'its own' });
    await releaseLease(t.agent, hospital);
    await t.sql('UPDATE integration_endpoint SET secret_arn = NULL WHERE id = $1', [hospital.endpointId]);
    await goesOver(on, another());
    const prints = () => t.sql('SELECT fingerprint FROM login_attempt WHERE endpoint_id = $1', [hospital.endpointId]);
    expect(await prints()).toEqual([{ fingerprint: printOf('its own') }]);
    await forgetLeftPasswords(t.rotator, { keptKeyId: '2' });
    expect(await prints()).toEqual([{ fingerprint: null }]);
  });
});

describe('an endpoint whose secret names another account', () => {
  test('takes nothing along that was said of the one that it had', async () => {
    const [on, to] = [await makeEndpoint(t.db), another()];
    await say(on.loginIdentity, MUCH);
    await say(to.id, NOTHING);
    expect(await rows.follow(on, to)).toBe('followed');
    expect(await saidOf(to.id)).toEqual({ ...NOTHING, left: null });
    expect(await saidOf(on.loginIdentity)).toMatchObject(MUCH);
  });

  test('takes nothing along where several were one account until now: nobody knows of which it was said', async () => {
    const [one, to] = [await makeEndpoint(t.db), another()];
    const two = await makeEndpoint(t.db, { loginIdentity: one.loginIdentity });
    const renamed = await rows.rename(one);
    await say(renamed.loginIdentity, MUCH);
    await say(to.id, NOTHING);
    expect(await rows.follow({ ...two, loginIdentity: renamed.loginIdentity }, to, { knownAs: [one.loginIdentity] })).toBe('parted');
    expect(await saidOf(to.id)).toEqual({ ...NOTHING, left: null });
  });
});
