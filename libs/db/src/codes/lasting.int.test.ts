import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deviceValidity, forgetDevice } from '../devices/device.ts';
import { type Account, Logins } from '../ledger/account.fixture.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { askForCode, type CodeTurn, endCodeTurn, takeCodeTurn } from './ask.ts';
import { isCodeOver, noteLastingCode } from './lasting.ts';
import { answerCodeByMessage, type MessageAnswering } from './message.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
});
afterAll(() => t.close());
const logins = new Logins(() => t);

const print = (text: string): string => `1:${createHash('sha256').update(text).digest('hex')}`;
const MINUTE_MS = 60_000;

/** A code at an inbox, as whoever has the key knows it; `of`: whose it is. */
const codeAt = (inbox: string, code: string, of: Account) => ({
  codePrints: [print(`${inbox} ${code}`)],
  ownPrints: [print(`${inbox} ${code} ${of.orgId} ${of.endpointId}`)],
});

/** The login's turn at an inbox, whose page asks. */
async function asked(on: Account, inbox: string): Promise<CodeTurn> {
  const turn = await takeCodeTurn(t.agent, { ...on, publicKey: Buffer.alloc(294), forMs: 60 * MINUTE_MS, inboxes: [print(inbox)] });
  if (!turn) throw new Error('it is another login’s turn');
  await askForCode(t.agent, turn, MINUTE_MS);
  return turn;
}
/** A message at the inbox, at the login's turn. */
function message({ orgId, requestId }: CodeTurn, code: ReturnType<typeof codeAt>, id: string = randomUUID()): Promise<MessageAnswering> {
  return answerCodeByMessage(t.agent, { orgId, requestId, sealed: Buffer.alloc(256), gateway: 'twilio', sentAt: null, prints: [print(id)], code });
}
/** What becomes of a message at a login's turn that it has for this alone. */
async function messageTo(on: Account, inbox: string, code: string, id?: string): Promise<MessageAnswering> {
  const turn = await asked(on, inbox);
  const end = await message(turn, codeAt(inbox, code, on), id);
  await endCodeTurn(t.agent, turn);
  return end;
}
const letIn = (on: Account, inbox: string, code: string, goodMs = MINUTE_MS) => noteLastingCode(t.agent, { ...on, ...codeAt(inbox, code, on), goodMs });
const later = (prints: readonly string[], interval: string) =>
  t.sql(`UPDATE inbound_seen SET kept_until = kept_until - $1::interval WHERE print = ANY ($2)`, [interval, prints]);

describe('a code that is good for longer than one login', () => {
  test('counts once until it has let the login in, then again and again for that login alone', async () => {
    const [on, other, inbox] = [await logins.account(), await logins.account(), randomUUID()];
    expect(await messageTo(on, inbox, '1234')).toBe('answered');
    // Whoever it was typed for, the portal may have refused it.
    expect(await messageTo(on, inbox, '1234')).toBe('repeated');
    await letIn(on, inbox, '1234');
    expect([await messageTo(on, inbox, '1234'), await messageTo(on, inbox, '1234')]).toEqual(['answered', 'answered']);
    expect(await messageTo(other, inbox, '1234')).toBe('repeated');
    expect([await messageTo(other, inbox, '4321'), await messageTo(on, inbox, '4321')]).toEqual(['answered', 'repeated']);
  });

  test('that a person has answered with is as known: its message, late, is no other login’s at the inbox', async () => {
    const [on, other, inbox] = [await logins.account(), await logins.account(), randomUUID()];
    await letIn(on, inbox, '5678');
    expect([await messageTo(other, inbox, '5678'), await messageTo(on, inbox, '5678')]).toEqual(['repeated', 'answered']);
  });

  test('counts no more once it is over, and four days later it is another code that is called the same', async () => {
    const [on, inbox] = [await logins.account(), randomUUID()];
    const { codePrints, ownPrints } = codeAt(inbox, '9012', on);
    await letIn(on, inbox, '9012');
    await later(ownPrints, '1 minute');
    expect(await messageTo(on, inbox, '9012')).toBe('repeated');
    await later(codePrints, '4 days');
    expect(await messageTo(on, inbox, '9012')).toBe('answered');
    await later(ownPrints, '1 minute');
    expect(await messageTo(on, inbox, '9012')).toBe('repeated');
  });

  test('comes in a message that counts once all the same', async () => {
    const [on, inbox, id] = [await logins.account(), randomUUID(), randomUUID()];
    await messageTo(on, inbox, '3456', id);
    await letIn(on, inbox, '3456');
    expect(await messageTo(on, inbox, '3456', id)).toBe('repeated');
  });

  test('is written down under the live lease of its login, for a day at the most', async () => {
    const [on, other, inbox] = [await logins.account(), await logins.account(), randomUUID()];
    const note = { ...on, ...codeAt(inbox, '7890', on), goodMs: MINUTE_MS };
    await expect(noteLastingCode(t.agent, { ...note, leaseId: other.leaseId })).rejects.toMatchObject({ code: 'lease_lost' });
    await expect(noteLastingCode(t.agent, { ...note, goodMs: 26 * 60 * MINUTE_MS })).rejects.toMatchObject({ code: 'input_invalid' });
    await releaseLease(t.agent, on);
    await expect(noteLastingCode(t.agent, note)).rejects.toMatchObject({ code: 'lease_lost' });
    expect(await t.sql('SELECT 1 FROM inbound_seen WHERE print = ANY ($1)', [[...note.codePrints, ...note.ownPrints]])).toEqual([]);
  });
});

describe('a code that was sent before', () => {
  test.each([
    ['accepted', false],
    ['mfa_rejected', true],
    ['mfa_required', false],
    ['rejected', false],
  ] as const)('is over once a login has ended as %s: %s', async (outcome, isOver) => {
    const on = await logins.account();
    const { now: since } = await deviceValidity(t.agent, on);
    await logins.login(on, outcome);
    expect(await isCodeOver(t.agent, { ...on, since })).toBe(isOver);
    const { now } = await deviceValidity(t.agent, on);
    expect(await isCodeOver(t.agent, { ...on, since: new Date(now.getTime() + 1) })).toBe(false);
  });

  test('is over by a person’s word, and where there is no such login', async () => {
    const on = await logins.account();
    const { now: since } = await deviceValidity(t.agent, on);
    expect(await isCodeOver(t.agent, { ...on, since })).toBe(false);
    await forgetDevice(t.rotator, { ...on, actor: 'person:os:jane', reason: 'a telephone was stolen' });
    expect(await isCodeOver(t.agent, { ...on, since })).toBe(true);
    expect(await isCodeOver(t.agent, { ...on, endpointId: 'nobody', since })).toBe(true);
  });
});
