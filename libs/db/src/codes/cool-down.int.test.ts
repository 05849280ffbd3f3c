import { RcmError, Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, Logins } from '../ledger/account.fixture.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { answerCodeRequest } from './answer.ts';
import { askForCode, type CodeTurn, type CodeTurnRequest, endCodeTurn, takeCode, takeCodeTurn } from './ask.ts';
import { type CodeKey, createCodeKey, sealCode } from './seal.ts';

let t: TestDatabase;
let key: CodeKey;
beforeAll(async () => {
  t = await openTestDatabase();
  key = await createCodeKey();
});
afterAll(() => t.close());
const logins = new Logins(() => t);
const OPEN_MS = 300_000;

async function asked(on: Account, actor: CodeTurnRequest['actor'] = 'agent'): Promise<CodeTurn> {
  const taken = await takeCodeTurn(t.agent, { ...on, actor, publicKey: key.publicKey, forMs: 2 * OPEN_MS });
  if (!taken) throw new Error('it is another login’s turn');
  await askForCode(t.agent, taken, OPEN_MS);
  return taken;
}
/** Lets time pass: each request of the login happened so much earlier. */
const age = ({ endpointId }: Account, seconds: number): Promise<unknown> =>
  t.sql(
    `UPDATE code_request SET begun_at = begun_at - o.by, turn_until = turn_until - o.by, asked_at = asked_at - o.by, open_until = open_until - o.by,
            answered_at = answered_at - o.by, ended_at = ended_at - o.by FROM (SELECT $2 * interval '1 s' AS by) o WHERE endpoint_id = $1`,
    [endpointId, seconds],
  );
/** A login that waited for its whole time, and whose process then gave its turn back. */
async function unanswered(on: Account): Promise<void> {
  const turn = await asked(on);
  await age(on, OPEN_MS / 1_000);
  await endCodeTurn(t.agent, turn);
}
const answer = ({ requestId }: CodeTurn) =>
  answerCodeRequest(t.another('rcm_operator'), requestId, {
    ...{ actor: 'person:os:jane', reason: 'the portal asks for a code', scope: 'every tenant' },
    sealed: sealCode(key.publicKey, requestId, new Secret('123456')),
  });
/** `null`: it may ask. */
const refused = (on: Account, actor: CodeTurnRequest['actor'] = 'agent'): Promise<unknown> =>
  asked(on, actor).then(
    (turn) => endCodeTurn(t.agent, turn).then(() => null),
    (error: unknown) => (error instanceof RcmError ? [error.code, error.details.reason] : error),
  );
const COOLS_DOWN = ['login_not_allowed', 'nobody_answered'];

describe('a login whose people do not answer', () => {
  test('keeps no login that asks nobody, as it has a code that is still good', async () => {
    const on = await logins.account();
    await unanswered(on);
    expect(await refused(on)).toEqual(COOLS_DOWN);
    const turn = await takeCodeTurn(t.agent, { ...on, asks: 'nobody', publicKey: key.publicKey, forMs: 2 * OPEN_MS });
    expect(turn).not.toBeNull();
    if (turn) await endCodeTurn(t.agent, turn);
    expect(await refused(on)).toEqual(COOLS_DOWN);
  });

  test('asks again later and later: after ten minutes, an hour, four hours', async () => {
    const on = await logins.account();
    for (const minutes of [10, 60, 240, 240]) {
      await unanswered(on);
      expect(await refused(on)).toEqual(COOLS_DOWN);
      await age(on, minutes * 60 - 60);
      expect(await refused(on)).toEqual(COOLS_DOWN);
      await age(on, 60);
    }
    expect(await refused(on)).toBeNull();
  });

  test('says until when, which a task is put off to', async () => {
    const on = await logins.account();
    await unanswered(on);
    const [request] = await t.sql<{ until: string }>(`SELECT open_until + interval '10 minutes' AS until FROM code_request WHERE endpoint_id = $1`, [
      on.endpointId,
    ]);
    await expect(asked(on)).rejects.toMatchObject({ details: { until: new Date(request?.until ?? '').toISOString() } });
  });

  test('asks at once after an answer, and where a person has it log in', async () => {
    const on = await logins.account();
    await unanswered(on);
    await age(on, 600);
    await unanswered(on);
    expect(await refused(on, 'rotator')).toEqual(COOLS_DOWN);
    const turn = await asked(on, 'person');
    expect(await answer(turn)).toBe('answered');
    await endCodeTurn(t.agent, turn);
    expect(await refused(on)).toBeNull();
    await unanswered(on);
    await age(on, 600);
    expect(await refused(on)).toBeNull();
  });

  test('keeps none of another organization from asking its own people', async () => {
    const firm = await logins.account();
    const hospital = await logins.account(undefined, { loginIdentity: firm.loginIdentity });
    await unanswered(firm);
    expect([await refused(firm), await refused(hospital)]).toEqual([COOLS_DOWN, null]);
  });

  test('of those that wait for their turn, none asks after the one that was not answered', async () => {
    const on = await logins.account();
    const next = await logins.leased(on);
    const turn = await asked(on);
    expect(await takeCodeTurn(t.agent, { ...next, publicKey: key.publicKey, forMs: OPEN_MS })).toBeNull();
    await age(on, OPEN_MS / 1_000);
    await endCodeTurn(t.agent, turn);
    expect(await refused(next)).toEqual(COOLS_DOWN);
  });

  test.each([
    ['was let go within a minute, bothered nobody', 1, null],
    ['was let go after a minute, did', 61, COOLS_DOWN],
  ])('that %s', async (_, seconds, then) => {
    const on = await logins.account();
    const turn = await asked(on);
    await age(on, seconds);
    await endCodeTurn(t.agent, turn);
    expect(await refused(on)).toEqual(then);
  });

  test('and whose process died meanwhile cools down, too', async () => {
    const on = await logins.account();
    await asked(on);
    await releaseLease(t.agent, on);
    await age(on, OPEN_MS / 1_000);
    expect(await refused(await logins.leased(on))).toEqual(COOLS_DOWN);
  });
});

test('nobody is told that a login types what no process can take any more', async () => {
  const [on, other] = [await logins.account(), await logins.account()];
  const [left, late] = [await asked(on), await asked(other)];
  await releaseLease(t.agent, on);
  await t.sql(`UPDATE code_request SET turn_until = clock_timestamp() WHERE id = $1`, [late.requestId]);
  expect([await answer(left), await answer(late)]).toEqual(['over', 'over']);
  expect(await t.sql(`SELECT 1 FROM audit_event WHERE org_id = ANY($1) AND action = 'code.answered'`, [[on.orgId, other.orgId]])).toEqual([]);
});

test('no code is given after its turn: another login of the account may have had one sent since', async () => {
  const on = await logins.account();
  const turn = await asked(on);
  await answer(turn);
  await t.sql(`UPDATE code_request SET turn_until = clock_timestamp() WHERE id = $1`, [turn.requestId]);
  expect(await takeCode(t.agent, turn)).toEqual({ kind: 'over' });
});
