import { endCodeTurn } from '@rcm/db/codes';
import { keepStorage, type KeptStorage } from '@rcm/db/testing';
import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiEnvironment, type Ask, openApiEnvironment } from './api.fixture.ts';
import { WaitingLogins } from './waiting-login.fixture.ts';

const ANSWERS = { scope: 'codes:answer', sub: 'code-reader' };
const used: string[] = [];
let testEnvironment: ApiEnvironment;
let logins: WaitingLogins;
let storage: KeptStorage;
beforeAll(async () => {
  testEnvironment = await openApiEnvironment();
  storage = await keepStorage(testEnvironment.owner);
  logins = new WaitingLogins(testEnvironment);
});
afterAll(async () => {
  await storage?.close();
  await testEnvironment?.close();
});

const list = (how: Ask = {}) => testEnvironment.ask('/v1/codes', { ...ANSWERS, ...how });
const answer = (id: string, code: string, how: Ask = {}) => testEnvironment.ask(`/v1/codes/${id}`, { ...ANSWERS, method: 'POST', body: { code }, ...how });
const placesOf = (files: readonly string[]) => new Set(files.map((name) => name.split('/')[0]));
const idsOf = ({ json }: { readonly json: Record<string, unknown> }) => (json.codes as { id: string }[]).map(({ id }) => id);
function newCode(): string {
  const code = `${randomInt(10_000_000, 99_999_999)}`;
  used.push(code);
  return code;
}

describe('a program', () => {
  it('sees what its organization waits for, and gives the login the code, once', async () => {
    const [mine, theirs] = [await logins.asked('one'), await logins.asked('two')];
    const seen = await list();
    expect(idsOf(seen)).toEqual([mine.requestId]);
    expect(seen.json.codes).toMatchObject([{ id: mine.requestId, endpoint: mine.endpointId, portal_type: 'alpine', answered: false }]);
    const code = newCode();
    expect(await answer(mine.requestId, `${code.slice(0, 4)} ${code.slice(4)}`)).toMatchObject({
      status: 200,
      json: { id: mine.requestId, endpoint: mine.endpointId, answered: true },
    });
    expect((await list()).json.codes).toMatchObject([{ id: mine.requestId, answered: true }]);
    expect(await answer(mine.requestId, newCode())).toMatchObject({ status: 409, json: { code: 'state_conflict' } });
    expect(await mine.taken()).toBe(code);
    expect([idsOf(await list()), idsOf(await list({ org: 'two' }))]).toEqual([[], [theirs.requestId]]);
  });

  it('is in the audit trail by its token, and who issued it', async () => {
    const login = await logins.asked('one');
    await answer(login.requestId, newCode());
    const events = await testEnvironment.owner.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<object[]>`SELECT actor, action, details FROM audit_event WHERE subject = ${login.endpointId} AND action = 'code.answered'`,
    );
    expect(events).toEqual([
      { actor: 'token:code-reader', action: 'code.answered', details: { requestId: login.requestId, issuer: testEnvironment.issuer.name } },
    ]);
  });

  it('of another organization is answered as for a request that does not exist, and so is one for whom nothing waits any more', async () => {
    const [login, over, early] = [await logins.asked('one'), await logins.asked('one'), await logins.begun('one')];
    await endCodeTurn(testEnvironment.db, over);
    const nobodys = await answer(randomUUID(), newCode());
    expect(nobodys).toMatchObject({ status: 409, json: { code: 'state_conflict' } });
    for (const [id, how] of [
      [login.requestId, { org: 'two' }],
      [over.requestId, {}],
      [early.requestId, {}],
      ['alpine-one', {}],
    ] as const) {
      const { status, text } = await answer(id, newCode(), how);
      expect({ status, text }).toEqual({ status: nobodys.status, text: nobodys.text });
    }
    expect(await login.taken()).toBeNull();
  });

  it('needs the scope of its own, which gives nothing else', async () => {
    const login = await logins.asked('one');
    const asks = { scope: 'tasks:write tasks:read:org' };
    expect([await list(asks), await answer(login.requestId, newCode(), asks)]).toMatchObject([{ status: 403 }, { status: 403 }]);
    expect(await list({ org: null })).toMatchObject({ status: 401 });
    expect(await testEnvironment.ask('/v1/tasks', ANSWERS)).toMatchObject({ status: 403 });
    expect(await login.taken()).toBeNull();
  });

  it.each([
    ['blanks alone', '   '],
    ['more than any code has', '1'.repeat(65)],
  ])('is refused %s, and nothing is sent', async (_, code) => {
    const login = await logins.asked('one');
    expect(await answer(login.requestId, code)).toMatchObject({ status: 400, json: { code: 'input_invalid' } });
    expect(await login.taken()).toBeNull();
  });
});

it('no code is in a byte of Postgres or its write-ahead log, nor in a log', async () => {
  const login = await logins.asked('one');
  await answer(login.requestId, newCode());
  expect(used.length).toBeGreaterThan(5);
  // What the database does know of it is found in both.
  expect(placesOf(await storage.holding([login.endpointId]))).toEqual(new Set(['base', 'pg_wal']));
  expect(await storage.holding(used)).toEqual([]);
  expect(testEnvironment.logged()).toContain('a program has answered with a code');
  for (const code of used) expect(testEnvironment.logged()).not.toContain(code);
});
