import { codeInboxes, codePrints, ownCodePrints } from '@rcm/credentials';
import { answerCodeByMessage, askForCode, createCodeKey, endCodeTurn, sealCode, takeCodeTurn, turnsAtInbox } from '@rcm/db/codes';
import { acquireSharedLease } from '@rcm/db/leases';
import { forgetDevice } from '@rcm/db/ledger';
import { requestRotation } from '@rcm/db/rotation';
import { Secret, systemClock } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AgentAccess } from './agent-access.ts';
import { DayEnvironment, LOOK_MS } from './code-for-the-day.fixture.ts';

const HOUR_MS = 3_600_000;
const ACCEPTED_ASKED = { end: 'accepted', asked: 1 };
const ACCEPTED = { end: 'accepted', asked: 0 };
const WRONG_CODE = { end: { code: 'login_mfa_rejected', outcome: 'mfa_rejected' }, asked: 0 };

let w: DayEnvironment;
beforeAll(async () => {
  w = await DayEnvironment.open();
});
afterAll(() => w?.close());

describe('a portal whose code is for the day', () => {
  beforeAll(() => w.sends('sent_once'));

  // On a change those below have it among what they do.
  if (isLongForm()) {
    it('sends one message for two logins of a process, and asks a person once', async () => {
      const [endpoint, access] = [await w.account(), w.agent()];
      expect([await w.visit(access, endpoint), await w.visit(access, endpoint)]).toEqual([ACCEPTED_ASKED, ACCEPTED]);
      expect([(await w.sent(endpoint)).map(({ typed }) => typed), await w.counts(endpoint)]).toEqual([[2], [2, 0, false]]);
    });
  }

  it('has a person asked once by each process, as after a restart: the code of before lies nowhere', async () => {
    const endpoint = await w.account();
    // A second login of each process is in the tests below.
    const logins = isLongForm() ? [ACCEPTED_ASKED, ACCEPTED] : [ACCEPTED_ASKED];
    for (const access of [w.agent(), w.agent()]) for (const ends of logins) expect(await w.visit(access, endpoint)).toEqual(ends);
    const all = 2 * logins.length;
    expect([(await w.sent(endpoint)).map(({ typed }) => typed), await w.counts(endpoint)]).toEqual([[all], [all, 0, false]]);
  });

  it('is given no code of another account', async () => {
    const [one, other, access] = [await w.account(), await w.account(), w.agent()];
    expect([await w.visit(access, one), await w.visit(access, other), await w.visit(access, one)]).toEqual([ACCEPTED_ASKED, ACCEPTED_ASKED, ACCEPTED]);
    expect(await Promise.all([one, other].map(async (each) => (await w.sent(each)).map(({ typed }) => typed)))).toEqual([[2], [1]]);
    expect([await w.counts(one), await w.counts(other)]).toEqual([
      [2, 0, false],
      [1, 0, false],
    ]);
  });

  it('refuses a code that was ended early once, whoever keeps it: nothing is locked, no password is wrong, and the next login asks', async () => {
    const [endpoint, access, another] = [await w.account(), w.agent(), w.agent()];
    await w.visit(access, endpoint);
    await w.visit(another, endpoint);
    await w.testEnvironment.portals.sendNewCode(endpoint);
    expect([await w.visit(access, endpoint), await w.visit(access, endpoint)]).toEqual([WRONG_CODE, ACCEPTED_ASKED]);
    expect([await w.visit(another, endpoint), await w.visit(access, endpoint)]).toEqual([ACCEPTED_ASKED, ACCEPTED]);
    expect(await w.counts(endpoint)).toEqual([5, 1, false]);
    expect(await w.ledger(endpoint)).toEqual(['accepted', 'accepted', 'mfa_rejected', 'accepted', 'accepted', 'accepted'].map((outcome) => [outcome, 'none']));
  });

  it('has a person asked anew after a compromise, and after a person’s word', async () => {
    const [endpoint, access] = [await w.account(), w.agent()];
    const owner = { orgId: endpoint.orgId, endpointId: endpoint.id, actor: 'person:os:jane', reason: 'a telephone was stolen' };
    await w.visit(access, endpoint);
    await requestRotation(w.testEnvironment.databaseAs('rcm_rotator'), { ...owner, kind: 'compromise' });
    expect([await w.visit(access, endpoint), await w.visit(access, endpoint)]).toEqual([ACCEPTED_ASKED, ACCEPTED]);
    await forgetDevice(w.testEnvironment.databaseAs('rcm_rotator'), owner);
    expect([await w.visit(access, endpoint), await w.visit(access, endpoint)]).toEqual([ACCEPTED_ASKED, ACCEPTED]);
  });

  it('takes its code for four logins at once, and a person is asked once', async () => {
    const [endpoint, access] = [await w.account(), w.agent()];
    const ends = await Promise.all(Array.from({ length: 4 }, () => w.visit(access, endpoint).then(({ end }) => end)));
    expect([ends, await w.asks(endpoint)]).toEqual([Array.from({ length: 4 }, () => 'accepted'), 1]);
    expect([(await w.sent(endpoint)).map(({ typed }) => typed), await w.counts(endpoint)]).toEqual([[4], [4, 0, false]]);
  });

  it('a message with the code counts again for the login that it let in, and for no other at its inbox', async () => {
    const [inbox, access] = ['codes@north.example', w.agent()];
    const [endpoint, other] = [await w.account({ codes_to: inbox }), await w.account({ codes_to: inbox })];
    await w.visit(access, endpoint);
    const sending = { address: inbox, code: (await w.sent(endpoint)).at(-1)?.code ?? '' };
    expect([await messageTo(w, other, sending), await messageTo(w, endpoint, sending)]).toEqual(['repeated', 'answered']);
  });

  it('has no code in a log', async () => {
    const codes = (await Promise.all(w.testEnvironment.endpoints.map(w.sent))).flat().filter(({ typed }) => typed > 0);
    expect(codes.length).toBeGreaterThan(5);
    expect(w.log.filter((line) => line.includes('a code of before is typed'))).not.toEqual([]);
    for (const { code } of codes) expect(w.log.filter((line) => line.includes(`"${code}"`) || line.includes(` ${code}`))).toEqual([]);
  });
});

describe('a portal that sends the code of the day again', () => {
  beforeAll(() => w.sends('sent_again'));

  it('answers each process by its message: the same code counts again for its login, and nobody is asked', async () => {
    const address = 'codes@north.example';
    const [endpoint, one, two] = [await w.account({ codes_to: address }), w.agent(), w.agent()];
    const byMessage = { end: 'accepted', messages: ['answered'] };
    expect([await visitByMessage(w, one, { endpoint, address }), await visitByMessage(w, two, { endpoint, address })]).toEqual([byMessage, byMessage]);
    expect(await visitByMessage(w, one, { endpoint, address })).toEqual({ end: 'accepted', messages: [] });
    expect([(await w.sent(endpoint)).map(({ code }) => code).filter((code, _, all) => code !== all[0]), await w.counts(endpoint)]).toEqual([[], [3, 0, false]]);
  });

  it('sends another one a day later, which a person is asked for', async () => {
    const [endpoint, access] = [await w.account(), w.agent()];
    await w.visit(access, endpoint);
    await w.pass(20 * HOUR_MS);
    expect(await w.visit(access, endpoint)).toEqual(ACCEPTED);
    await w.pass(4 * HOUR_MS);
    expect([await w.visit(access, endpoint), await w.visit(access, endpoint)]).toEqual([ACCEPTED_ASKED, ACCEPTED]);
    const codes = (await w.sent(endpoint)).map(({ code }) => code);
    expect([codes[0] === codes[1], codes[1] === codes[2], codes[2] === codes[3]]).toEqual([true, false, true]);
    expect(await w.counts(endpoint)).toEqual([4, 0, false]);
  });

  const clocks = [
    ['ahead of', 23 * HOUR_MS, 22 * HOUR_MS, WRONG_CODE, [2, 1, false]],
    ['behind', 22 * HOUR_MS, 23 * HOUR_MS, ACCEPTED_ASKED, [3, 0, false]],
  ] as const;

  // On a change the one that costs something.
  it.each(clocks.slice(0, isLongForm() ? 2 : 1))(
    'costs one wrong code at the most where its clock is an hour %s ours',
    async (_, atPortal, here, end, counts) => {
      const [endpoint, access] = [await w.account(), w.agent()];
      await w.visit(access, endpoint);
      await w.testEnvironment.portals.advance(atPortal);
      w.aheadMs += here;
      expect(await w.visit(access, endpoint)).toEqual(end);
      expect((await w.visit(access, endpoint)).end).toBe('accepted');
      expect(await w.counts(endpoint)).toEqual(counts);
      // One o'clock in the morning again, by both.
      await w.testEnvironment.portals.advance(24 * HOUR_MS - atPortal);
      w.aheadMs += 24 * HOUR_MS - here;
    },
  );
});

interface Sending {
  readonly address: string;
  readonly code: string;
}

/** What the database is told of a message with a code, for a login's turn. */
const messageFor = ({ testEnvironment }: DayEnvironment, { orgId, id: endpointId }: EnvironmentEndpoint, { address, code }: Sending) => ({
  ...{ orgId, gateway: 'twilio', sentAt: null, prints: [`1:${createHash('sha256').update(randomUUID()).digest('hex')}`] },
  code: {
    codePrints: codePrints(testEnvironment.identityKeys, { address, code }),
    ownPrints: ownCodePrints(testEnvironment.identityKeys, { address, code, orgId, endpointId }),
  },
});

/** What becomes of a message with a code that comes at the turn of a login. */
async function messageTo(w: DayEnvironment, endpoint: EnvironmentEndpoint, sending: Sending): Promise<string> {
  const db = w.testEnvironment.databaseAs('rcm_agent');
  const place = { orgId: endpoint.orgId, endpointId: endpoint.id };
  const leased = await acquireSharedLease(db, { ...place, holder: 'test-agent', ttlMs: 60_000 });
  if (!leased.granted) throw new Error(leased.reason);
  const { publicKey } = await createCodeKey();
  const inboxes = codeInboxes(w.testEnvironment.identityKeys, sending.address);
  const turn = await takeCodeTurn(db, { ...place, leaseId: leased.lease.id, publicKey, forMs: 60_000, inboxes });
  if (!turn) throw new Error('it is another login’s turn');
  await askForCode(db, turn, 60_000);
  const end = await answerCodeByMessage(db, { ...messageFor(w, endpoint, sending), requestId: turn.requestId, sealed: Buffer.alloc(256) });
  await endCodeTurn(db, turn);
  return end;
}

/** A login whose portal's message comes to the platform as soon as its page asks; nobody else answers. */
async function visitByMessage(
  w: DayEnvironment,
  access: AgentAccess,
  { endpoint, address }: { readonly endpoint: EnvironmentEndpoint; readonly address: string },
) {
  const db = w.testEnvironment.databaseAs('rcm_agent');
  const done = new AbortController();
  const messages: string[] = [];
  const delivering = (async () => {
    for (; !done.signal.aborted && messages.length === 0; void (await systemClock.sleep(LOOK_MS))) {
      const [turn] = (await turnsAtInbox(db, codeInboxes(w.testEnvironment.identityKeys, address))).filter(({ hasAsked }) => hasAsked);
      if (!turn) continue;
      const code = (await w.sent(endpoint)).at(-1)?.code ?? '';
      const sealed = sealCode(turn.publicKey, turn.requestId, new Secret(code));
      messages.push(await answerCodeByMessage(db, { ...messageFor(w, endpoint, { address, code }), requestId: turn.requestId, sealed }));
    }
  })();
  const end = await w.enter(access, endpoint).finally(() => done.abort());
  await delivering;
  return { end, messages };
}
