import { Secret } from '@rcm/telemetry';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { createOneTimeKey, type OneTimeKey, sealOnce } from '../sealing/one-time-key.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { askAct } from './ask.ts';
import { decideAct } from './decide.ts';
import { openGlass } from './open-glass.ts';
import { answerReading, askToRead, leaveReading, sealedForReading, takeReading, takeReadingAnswer } from './readings.ts';
import { withdrawAct } from './withdraw.ts';

let t: TestDatabase;
let page: Database;
let endpoint: TestEndpoint;
/** Of the reading that was asked for last. */
let key: OneTimeKey;
beforeAll(async () => {
  t = await openTestDatabase();
  page = t.another('rcm_console');
});
afterAll(() => t.close());
beforeEach(async () => {
  await t.sql('DELETE FROM login_request');
  endpoint = await makeEndpoint(t.db);
});

const JANE = 'person:oidc:https://id.example#jane';
const JOHN = 'person:oidc:https://id.example#john';

async function requested(answer: 'approved' | 'declined' | null = 'approved'): Promise<{ readonly id: string; readonly orgId: string }> {
  const { orgId, endpointId } = endpoint;
  const { id } = await askAct(page, { orgId, endpointId, kind: 'break_glass', minutes: 15, actor: JANE, reason: 'the platform is down' });
  if (answer) await decideAct(page, { id, orgId, decision: answer, actor: JOHN, reason: 'spoke to her' });
  return { id, orgId };
}
const ask = async (of: { readonly id: string; readonly orgId: string }, actor = JANE): Promise<boolean> => {
  key = createOneTimeKey(sealedForReading(of.id));
  return askToRead(page, { ...of, actor, publicKey: key.publicKey });
};
const rows = () => t.sql<Record<string, unknown>>('SELECT * FROM break_glass_reading');

test('what a rotator answers opens for whoever asked, is taken once, and is in the database no more', async () => {
  const of = await requested();
  expect(await ask(of)).toBe(true);
  const reading = await takeReading(t.rotator);
  expect(reading).toEqual({ requestId: of.id, orgId: of.orgId, actor: JANE, publicKey: expect.any(Uint8Array) as Uint8Array, readBefore: 0 });
  expect(await takeReading(t.rotator)).toBeNull();
  if (!reading) throw new Error('nothing was asked for');
  const at = { requestId: of.id, orgId: of.orgId };
  expect(await takeReadingAnswer(page, at)).toBeNull();
  await answerReading(t.rotator, { ...reading, kind: 'sealed', sealed: sealOnce(reading.publicKey, sealedForReading(of.id), new Secret('canary-7')) });
  expect(JSON.stringify(await rows())).not.toContain('canary-7');
  const answer = await takeReadingAnswer(page, at);
  expect(answer?.kind === 'sealed' && key.open(answer.sealed).reveal()).toBe('canary-7');
  expect([await takeReadingAnswer(page, at), await rows()]).toEqual([null, []]);
});

test('why nothing is shown is told instead, and the first answer stands', async () => {
  const of = await requested();
  await ask(of);
  await takeReading(t.rotator);
  const at = { requestId: of.id, orgId: of.orgId };
  await answerReading(t.rotator, { ...at, publicKey: key.publicKey, kind: 'refused', code: 'secret_missing', words: 'It is gone.' });
  await answerReading(t.rotator, { ...at, publicKey: key.publicKey, kind: 'refused', code: 'unexpected', words: 'else' });
  expect(await takeReadingAnswer(page, at)).toEqual({ kind: 'refused', code: 'secret_missing', words: 'It is gone.' });
});

test.each<[string, () => Promise<unknown>, string]>([
  ['nobody has approved', async () => ask(await requested(null)), 'No second person'],
  ['a second person has declined', async () => ask(await requested('declined')), 'declined'],
  ['somebody else has asked for', async () => ask(await requested(), JOHN), 'they alone'],
  ['is being read in another window', async () => [await ask(await requested()), await ask(await only())], 'another window'],
  [
    'was withdrawn',
    async () => {
      const of = await requested();
      await withdrawAct(page, { ...of, actor: JANE, reason: 'found another way' });
      return ask(of);
    },
    'withdrawn',
  ],
  [
    'was read at a terminal',
    async () => {
      const of = await requested();
      await openGlass(t.rotator, { ...of, actor: JANE });
      return ask(of);
    },
    'read already',
  ],
  [
    'may be read no more, as its minutes are over',
    async () => {
      const of = await requested();
      await t.sql(`UPDATE login_request SET decided_at = decided_at - interval '1 hour'`);
      return ask(of);
    },
    'its time is over',
  ],
])('what %s is asked for in vain', async (_, act, words) => {
  await expect(act()).rejects.toMatchObject({ code: 'state_conflict', message: expect.stringContaining(words) as string });
});
const only = async () => ({ id: (await t.sql<{ id: string }>('SELECT id::text FROM login_request'))[0]?.id ?? '', orgId: endpoint.orgId });

test('another organization’s request is none, and the table itself refuses what nobody has approved', async () => {
  const of = await requested();
  expect(await ask({ id: of.id, orgId: (await makeEndpoint(t.db)).orgId })).toBe(false);
  expect(await ask({ id: crypto.randomUUID(), orgId: of.orgId })).toBe(false);
  const insert = (id: string, actor: string) =>
    page.transaction(
      { tenant: of.orgId },
      (tx) =>
        tx.$executeRaw`INSERT INTO break_glass_reading (request_id, org_id, actor, public_key) VALUES (${id}::uuid, ${of.orgId}, ${actor}, ${key.publicKey})`,
    );
  await expect(insert(of.id, JOHN)).rejects.toMatchObject({ code: 'database_failed' });
  await t.sql('DELETE FROM login_request');
  const undecided = await requested(null);
  await expect(insert(undecided.id, JANE)).rejects.toMatchObject({ code: 'database_failed' });
  expect(await rows()).toEqual([]);
});

test('what no rotator has begun may be asked for again, also where one has taken it and is gone; what one has begun may not', async () => {
  const of = await requested();
  const at = { requestId: of.id, orgId: of.orgId };
  await ask(of);
  expect(await leaveReading(page, at)).toBe(true);
  await ask(of);
  await takeReading(t.rotator);
  expect(await leaveReading(page, at)).toBe(true);
  expect(await ask(of)).toBe(true);
  await takeReading(t.rotator);
  await openGlass(t.rotator, { ...of, actor: JANE });
  expect(await leaveReading(page, at)).toBe(false);
});

test('what its page has left no rotator begins, also not for the page that asked after it', async () => {
  const of = await requested();
  const at = { requestId: of.id, orgId: of.orgId };
  await ask(of);
  const slow = await takeReading(t.rotator);
  expect(await leaveReading(page, at)).toBe(true);
  const begin = (waits: Uint8Array | undefined) => openGlass(t.rotator, { ...of, actor: JANE, waits });
  await expect(begin(slow?.publicKey)).rejects.toMatchObject({ code: 'state_conflict' });
  await ask(of);
  await expect(begin(slow?.publicKey)).rejects.toMatchObject({ code: 'state_conflict' });
  // Nor does its refusal reach that page, which another rotator has in hand.
  await takeReading(t.rotator);
  await answerReading(t.rotator, { ...at, publicKey: slow?.publicKey ?? new Uint8Array(), kind: 'refused', code: 'state_conflict', words: 'x' });
  expect(await takeReadingAnswer(page, at)).toBeNull();
  expect(await begin(key.publicKey)).toMatchObject({ endpointId: endpoint.endpointId });
});

test('of a page that gives up and a rotator that begins at once, one is first', async () => {
  for (let round = 0; round < 20; round += 1) {
    await t.sql('DELETE FROM login_request');
    const of = await requested();
    await ask(of);
    await takeReading(t.rotator);
    const begun = openGlass(t.rotator, { ...of, actor: JANE, waits: key.publicKey }).then(
      () => true,
      () => false,
    );
    const [isLeft, isBegun] = await Promise.all([leaveReading(page, { requestId: of.id, orgId: of.orgId }), begun]);
    expect(isLeft).toBe(!isBegun);
  }
});

test('an answer that nobody has come for is gone after minutes', async () => {
  const of = await requested();
  await ask(of);
  await takeReading(t.rotator);
  await t.sql(`UPDATE break_glass_reading SET asked_at = asked_at - interval '6 minutes'`);
  expect([await takeReading(t.rotator), await rows()]).toEqual([null, []]);
});

test('a rotator knows how many were read within the hour', async () => {
  for (const hours of [0, 0, 2]) {
    await openGlass(t.rotator, { ...(await requested()), actor: JANE });
    await t.sql(`UPDATE login_request SET ended_at = clock_timestamp(), outcome = 'done' WHERE ended_at IS NULL`);
    if (hours > 0)
      await t.sql(`UPDATE login_request SET taken_at = taken_at - interval '2 hours' WHERE id = (SELECT id FROM login_request ORDER BY asked_at DESC LIMIT 1)`);
  }
  await ask(await requested());
  expect(await takeReading(t.rotator)).toMatchObject({ readBefore: 2 });
});

test('of rotators that take at once each knows of those before it, and of two no more is read than of one', async () => {
  for (let waiting = 0; waiting < 4; waiting += 1) {
    endpoint = await makeEndpoint(t.db);
    await ask(await requested());
  }
  const taken = await Promise.all([takeReading(t.rotator), takeReading(t.rotator), takeReading(t.rotator)]);
  expect(taken.map((each) => each?.readBefore).sort()).toEqual([0, 1, 2]);
  for (const each of taken) if (each) await answerReading(t.rotator, { ...each, kind: 'refused', code: 'state_conflict', words: 'So many were read.' });
  expect(await takeReading(t.rotator)).toMatchObject({ readBefore: 0 });
});
