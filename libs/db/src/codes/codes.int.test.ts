import { randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Account, Logins } from '../ledger/account.fixture.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { answerCodeRequest, keyOfCodeRequest, listWantedCodes } from './answer.ts';
import { askForCode, type CodeTurn, endCodeTurn, takeCode, takeCodeTurn } from './ask.ts';
import { type CodeKey, createCodeKey, sealCode } from './seal.ts';

let t: TestDatabase;
let key: CodeKey;
beforeAll(async () => {
  t = await openTestDatabase();
  key = await createCodeKey();
});
afterAll(() => t.close());
const logins = new Logins(() => t);
const operator = () => t.another('rcm_operator');

const turnOf = (on: Account, forMs = 60_000): Promise<CodeTurn | null> => takeCodeTurn(t.agent, { ...on, publicKey: key.publicKey, forMs });
async function turn(on: Account): Promise<CodeTurn> {
  const taken = await turnOf(on);
  if (!taken) throw new Error('it is another login’s turn');
  return taken;
}
async function asked(on: Account): Promise<CodeTurn> {
  const taken = await turn(on);
  await askForCode(t.agent, taken, 60_000);
  return taken;
}
/** A turn whose lease is over. */
async function expired(): Promise<CodeTurn> {
  const on = await logins.account();
  const taken = await turn(on);
  await releaseLease(t.agent, on);
  return taken;
}
const PERSON = { actor: 'person:os:jane', reason: 'the portal asks for a code', scope: 'every tenant' } as const;
const answer = ({ requestId }: CodeTurn, code = '123456') =>
  answerCodeRequest(operator(), requestId, { ...PERSON, sealed: sealCode(key.publicKey, requestId, new Secret(code)) });
const ids = async (orgId?: string) => (await listWantedCodes(operator(), { orgId, limit: 100 })).map(({ id }) => id);
const row = async ({ requestId }: CodeTurn) =>
  (
    await t.sql<{ sealed: Buffer | null; by: string | null; taken: boolean; ended: boolean }>(
      'SELECT sealed, answered_by AS by, taken_at IS NOT NULL AS taken, ended_at IS NOT NULL AS ended FROM code_request WHERE id = $1',
      [requestId],
    )
  )[0];
const later = ({ requestId }: CodeTurn, what: string) => t.sql(`UPDATE code_request SET ${what} WHERE id = $1`, [requestId]);
const ASKED_LONG_AGO = `begun_at = begun_at - interval '5 minutes', asked_at = asked_at - interval '5 minutes', open_until = open_until - interval '5 minutes'`;

describe('a code that a portal asks a person for', () => {
  test('is shown to people, answered by one of them, and taken once; then it is nowhere', async () => {
    const on = await logins.account();
    const request = await asked(on);
    expect(await listWantedCodes(operator(), { orgId: on.orgId, limit: 10 })).toMatchObject([
      { id: request.requestId, orgId: on.orgId, endpointId: on.endpointId, portalTypeCode: 'alpine', answeredBy: null, leftMs: expect.any(Number) as number },
    ]);
    expect(await takeCode(t.agent, request)).toEqual({ kind: 'open' });
    const found = await keyOfCodeRequest(operator(), request.requestId, 'every tenant');
    expect(Buffer.from(found?.publicKey ?? []).equals(key.publicKey)).toBe(true);
    expect(await answer(request)).toBe('answered');
    expect(await ids(on.orgId)).toEqual([request.requestId]);
    const taken = await takeCode(t.agent, request);
    expect(taken.kind === 'sealed' && key.open(request.requestId, taken.sealed).reveal()).toBe('123456');
    expect(await row(request)).toEqual({ sealed: null, by: 'person:os:jane', taken: true, ended: false });
    expect(await takeCode(t.agent, request)).toEqual({ kind: 'over' });
    expect(await ids(on.orgId)).toEqual([]);
  });

  test('is told of once, and whoever answered is in the audit trail', async () => {
    const on = await logins.account();
    const request = await asked(on);
    await answer(request);
    expect(await t.sql('SELECT kind, detail FROM notice WHERE endpoint_id = $1', [on.endpointId])).toEqual([
      { kind: 'code_wanted', detail: `request ${request.requestId}` },
    ]);
    expect(
      await t.sql(`SELECT actor, subject, details->>'requestId' AS request FROM audit_event WHERE org_id = $1 AND action = 'code.answered'`, [on.orgId]),
    ).toMatchObject([{ actor: expect.stringContaining('person:os:jane') as string, subject: on.endpointId, request: request.requestId }]);
  });

  test('is answered once: of two people, one is told that the other was first', async () => {
    const request = await asked(await logins.account());
    const answers = await Promise.all([answer(request, '111111'), answer(request, '222222'), answer(request, '333333')]);
    expect(answers.toSorted()).toEqual(['already', 'already', 'answered']);
    const taken = await takeCode(t.agent, request);
    expect(taken.kind === 'sealed' && key.open(request.requestId, taken.sealed).reveal()).toBe(['111111', '222222', '333333'][answers.indexOf('answered')]);
  });

  test('is over when its time is, and no answer comes after that', async () => {
    const request = await asked(await logins.account());
    await later(request, ASKED_LONG_AGO);
    expect([await takeCode(t.agent, request), await answer(request), await ids()]).toMatchObject([
      { kind: 'over' },
      'over',
      expect.not.arrayContaining([request.requestId]),
    ]);
    expect(await keyOfCodeRequest(operator(), request.requestId, 'every tenant')).toBeNull();
  });

  test('is over once whoever asked waits no longer, and an answer that nobody took is gone', async () => {
    const [left, answered] = [await asked(await logins.account()), await asked(await logins.account())];
    await answer(answered);
    for (const request of [left, answered]) await endCodeTurn(t.agent, request);
    expect(await row(answered)).toMatchObject({ sealed: null, taken: false, ended: true });
    expect([await answer(left), await takeCode(t.agent, answered)]).toEqual(['over', { kind: 'over' }]);
  });

  test('is given to no process that stood still for a minute after the answer', async () => {
    const request = await asked(await logins.account());
    await answer(request);
    await later(request, `${ASKED_LONG_AGO}, answered_at = answered_at - interval '61 seconds'`);
    await later(request, `open_until = clock_timestamp() + interval '1 minute'`);
    expect(await takeCode(t.agent, request)).toEqual({ kind: 'over' });
  });

  test('is asked for, and given, under the live lease alone', async () => {
    const [on, other] = [await logins.account(), await logins.account()];
    for (const leaseId of [randomUUID(), other.leaseId]) await expect(turnOf({ ...on, leaseId })).rejects.toMatchObject({ code: 'lease_lost' });
    const request = await asked(on);
    await answer(request);
    expect(await takeCode(t.agent, { ...request, leaseId: other.leaseId })).toEqual({ kind: 'over' });
    expect(await takeCode(t.agent, { ...request, orgId: other.orgId })).toEqual({ kind: 'over' });
    await endCodeTurn(t.agent, { ...request, leaseId: other.leaseId });
    await releaseLease(t.agent, on);
    expect(await takeCode(t.agent, request)).toEqual({ kind: 'over' });
    expect(await row(request)).toMatchObject({ taken: false, ended: false });
    await expect(askForCode(t.agent, await expired(), 60_000)).rejects.toMatchObject({ code: 'lease_lost' });
  });

  test('is sent to one login of an account at a time, whichever organization has it, until that login has ended', async () => {
    const firm = await logins.account();
    const hospital = await logins.account(undefined, { loginIdentity: firm.loginIdentity });
    const both = await Promise.all([turnOf(firm), turnOf(hospital)]);
    const [first] = both.filter((taken) => taken !== null);
    if (!first || both.every((taken) => taken !== null)) throw new Error('both have it, or none');
    const second = first.orgId === firm.orgId ? hospital : firm;
    expect(await turnOf(second)).toBeNull();
    await askForCode(t.agent, first, 60_000);
    await answer(first);
    await takeCode(t.agent, first);
    // It is being typed: one that is sent now would be the newest.
    expect(await turnOf(second)).toBeNull();
    await endCodeTurn(t.agent, first);
    expect(await turnOf(second)).toMatchObject({ orgId: second.orgId });
  });

  test('is the turn of whoever never heard that they had it, and of the next one where that process died or stands still', async () => {
    const on = await logins.account();
    const [lost, again] = [await turn(on), await turn(on)];
    expect(await row(lost)).toMatchObject({ ended: true });
    const hospital = await logins.account(undefined, { loginIdentity: on.loginIdentity });
    expect(await turnOf(hospital)).toBeNull();
    await t.sql('UPDATE login_lease SET expires_at = clock_timestamp() WHERE id = $1', [again.leaseId]);
    const next = await turn(hospital);
    await later(next, `begun_at = begun_at - interval '1 hour', turn_until = turn_until - interval '1 hour'`);
    await t.sql(`UPDATE login_lease SET expires_at = clock_timestamp() + interval '1 hour' WHERE id = $1`, [again.leaseId]);
    expect(await turnOf(on)).not.toBeNull();
  });

  test('is nobody’s to see before the page asks; nothing is kept of a login whose page never did', async () => {
    const taken = await turn(await logins.account());
    expect([await ids(taken.orgId), await answer(taken), await takeCode(t.agent, taken)]).toEqual([[], 'unknown', { kind: 'over' }]);
    expect(await t.sql('SELECT 1 FROM notice WHERE endpoint_id = $1', [taken.endpointId])).toEqual([]);
    await endCodeTurn(t.agent, taken);
    expect(await row(taken)).toBeUndefined();
  });

  test('is asked for once for each turn', async () => {
    const request = await asked(await logins.account());
    await expect(askForCode(t.agent, request, 60_000)).rejects.toMatchObject({ code: 'lease_lost' });
  });

  test('is seen by people of its organization, and answered by nobody else', async () => {
    const [on, other] = [await logins.account(), await logins.account()];
    const request = await asked(on);
    expect(await ids(other.orgId)).toEqual([]);
    const elsewhere = { tenant: other.orgId };
    expect(await keyOfCodeRequest(operator(), request.requestId, elsewhere)).toBeNull();
    const sealed = sealCode(key.publicKey, request.requestId, new Secret('1'));
    expect(await answerCodeRequest(t.another('rcm_console'), request.requestId, { ...PERSON, sealed, scope: elsewhere })).toBe('unknown');
    expect(await answerCodeRequest(t.another('rcm_console'), request.requestId, { ...PERSON, sealed, scope: { tenant: on.orgId } })).toBe('answered');
  });

  test.each([
    ['no time at all', 0],
    ['more than ten minutes', 600_001],
  ])('is refused before anything is asked: %s', async (_, forMs) => {
    await expect(askForCode(t.agent, await turn(await logins.account()), forMs)).rejects.toMatchObject({ code: 'input_invalid' });
  });

  test('is waited for for the longest time that may be said, each time', async () => {
    const { leaseId, orgId, endpointId } = await logins.account();
    const publicKey = `'\\x${Buffer.from(key.publicKey).toString('hex')}'::bytea`;
    // The clock moves on within a statement, but seldom.
    await t.sql(`DO $$
      DECLARE request uuid;
      BEGIN
        PERFORM set_config('app.tenant_id', '${orgId}', true);
        FOR n IN 1..400 LOOP
          request := (SELECT r.request FROM rcm_take_code_turn('${endpointId}', '${leaseId}', ${publicKey}, 3600000, NULL) r);
          ASSERT rcm_ask_code(request, '${leaseId}', 600000);
        END LOOP;
      END $$`);
  });

  test('of thirty days ago is gone', async () => {
    const on = await logins.account();
    const request = await asked(on);
    await t.sql(
      `UPDATE code_request SET begun_at = begun_at - interval '31 days', turn_until = turn_until - interval '31 days', asked_at = asked_at - interval '31 days', open_until = open_until - interval '31 days' WHERE id = $1`,
      [request.requestId],
    );
    await asked(on);
    expect(await row(request)).toBeUndefined();
  });
});
