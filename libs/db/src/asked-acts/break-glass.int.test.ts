import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../database.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { askAct } from './ask.ts';
import { decideAct, type Decision } from './decide.ts';
import { findBreakGlass, listBreakGlass } from './list.ts';
import { openGlass, stayDue, wasTold } from './open-glass.ts';
import { eventsOfPeople, secondsUntilDue } from './read-login.fixture.ts';
import { endAct, endLeftActs, takeActs } from './take.ts';
import { withdrawAct } from './withdraw.ts';

let t: TestDatabase;
let operator: Database;
let endpoint: TestEndpoint;
beforeAll(async () => {
  t = await openTestDatabase();
  operator = t.another('rcm_operator');
});
afterAll(() => t.close());
beforeEach(async () => {
  await t.sql('DELETE FROM login_request');
  endpoint = await makeEndpoint(t.db);
});

const JANE = 'person:oidc:https://id.example#jane';
const JOHN = 'person:oidc:https://id.example#john';
const ask = (minutes = 15, by = operator) => {
  const { orgId, endpointId } = endpoint;
  return askAct(by, { orgId, endpointId, kind: 'break_glass', minutes, actor: JANE, reason: 'the platform is down' });
};
const decide = (id: string, given: Partial<Decision> = {}) =>
  decideAct(operator, { id, orgId: endpoint.orgId, decision: 'approved', actor: JOHN, reason: 'spoke to her', ...given });
const read = (id: string, actor = JANE) => openGlass(t.rotator, { id, orgId: endpoint.orgId, actor });
const approved = async (minutes?: number): Promise<string> => {
  const { id } = await ask(minutes);
  await decide(id);
  return id;
};
const events = () => eventsOfPeople(t, endpoint.orgId);
const rows = () => t.sql<Record<string, unknown>>('SELECT taken_by, outcome FROM login_request');
const dueIn = () => secondsUntilDue(t, endpoint.endpointId);
const notifications = () => t.sql<{ kind: string; detail: string }>('SELECT kind, detail FROM notice WHERE org_id = $1 ORDER BY created_at', [endpoint.orgId]);

test('two people: it is taken once by whoever asked, with its event, its notification, and a rotation when its minutes are over', async () => {
  const id = await approved(60);
  const { orgId, endpointId } = endpoint;
  expect(await findBreakGlass(t.rotator, { id })).toMatchObject({ state: 'waiting', minutes: 60, actor: JANE, decidedBy: JOHN, orgId, endpointId });
  const opened = await read(id, `${JANE} says Jane at the desk`);
  expect(opened).toMatchObject({ endpointId, approvedBy: JOHN });
  expect(await events()).toEqual([`approval.asked ${JANE}`, `approval.given ${JOHN}`, `secret.shown ${JANE} says Jane at the desk`]);
  expect(await notifications()).toEqual([
    { kind: 'approval_waiting', detail: 'break_glass --minutes 60' },
    { kind: 'secret_read', detail: `request ${id}` },
  ]);
  expect(await dueIn()).toBeGreaterThan(30 * 60);
  expect(await dueIn()).toBeLessThan(60 * 60);
  await expect(read(id)).rejects.toMatchObject({ code: 'state_conflict', message: expect.stringContaining('read already') as string });
  expect(await findBreakGlass(operator, { id })).toMatchObject({ state: 'under way' });
  await endAct(t.rotator, { id, orgId, outcome: 'done', code: null, words: 'Shown once.' });
  expect(await listBreakGlass(operator, { limit: 5 })).toMatchObject([{ id, state: 'done', words: 'Shown once.' }]);
});

test('what was read is still due when it is shown, whatever rotation has ended meanwhile; one that is just ending has its password shown to nobody', async () => {
  const glass = await read(await approved(10));
  const { orgId } = endpoint;
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = clock_timestamp() + interval '30 days' WHERE id = $1`, [endpoint.endpointId]);
  expect(await stayDue(t.rotator, { orgId, ...glass, madeBy: null })).toBeNull();
  expect(await dueIn()).toBeLessThan(10 * 60);
  const { attemptId } = await plannedAttempt(t.rotator, endpoint);
  expect(await stayDue(t.rotator, { orgId, ...glass, madeBy: null })).toBe('planned');
  await t.sql(`UPDATE rotation_attempt SET state = 'promoted', promoted_version = '2' WHERE id = '${attemptId}'`);
  await expect(stayDue(t.rotator, { orgId, ...glass, madeBy: null })).rejects.toMatchObject({
    code: 'state_conflict',
    message: expect.stringContaining('Nothing was shown') as string,
  });
});

test('a rotation that is due sooner stays due sooner', async () => {
  await t.sql(`UPDATE integration_endpoint SET next_rotation_at = clock_timestamp() + interval '1 minute' WHERE id = $1`, [endpoint.endpointId]);
  await read(await approved(30));
  expect(await dueIn()).toBeLessThan(60);
});

test.each<[string, () => Promise<string>, string]>([
  ['that nobody has approved', async () => (await ask()).id, 'No second person'],
  [
    'that was declined',
    async () => {
      const { id } = await ask();
      await decide(id, { decision: 'declined' });
      return id;
    },
    'declined',
  ],
  [
    'whose minutes are over',
    async () => {
      const id = await approved(5);
      await t.sql(`UPDATE login_request SET decided_at = decided_at - interval '5 minutes' WHERE id = '${id}'`);
      return id;
    },
    'minutes',
  ],
  [
    'that was taken back',
    async () => {
      const id = await approved();
      await withdrawAct(operator, { id, orgId: endpoint.orgId, actor: JANE, reason: 'not needed' });
      return id;
    },
    'withdrawn',
  ],
])('one %s is not read, and nothing says that it was', async (_, made, words) => {
  const id = await made();
  const due = await dueIn();
  await expect(read(id)).rejects.toMatchObject({ code: 'state_conflict', message: expect.stringContaining(words) as string });
  expect(await rows()).toMatchObject([{ taken_by: null }]);
  expect((await events()).join()).not.toContain('secret.shown');
  expect((await notifications()).map(({ kind }) => kind)).not.toContain('secret_read');
  if (!Number.isNaN(due)) expect(await dueIn()).toBeGreaterThan(due - 60);
});

test('nobody reads what somebody else asked for, the one who approved it least of all', async () => {
  const id = await approved();
  for (const other of [JOHN, 'person:os:root']) await expect(read(id, other)).rejects.toMatchObject({ code: 'state_conflict', message: /Somebody else/ });
  expect(await rows()).toMatchObject([{ taken_by: null }]);
});

test.each([
  ['another issuer', 'person:oidc:https://other.example#john'],
  ['another client of an issuer that names people for each anew', 'person:oidc:https://id.example?client=rcm-terminal#4711'],
  ['the operating system', 'person:os:john'],
  ['AWS', 'person:sts:arn:aws:sts::123456789012:assumed-role/admin/john'],
])('nobody approves it who has signed in at %s: it may be the same person', async (_, actor) => {
  const { id } = await ask();
  await expect(decide(id, { actor })).rejects.toMatchObject({ code: 'state_conflict', message: expect.stringContaining('two people') as string });
  expect(await decide(id, { actor, decision: 'declined' })).not.toBeNull();
});

test('without its audit event it is not taken, whatever statement takes it', async () => {
  const id = await approved();
  const taking = () =>
    t.rotator.transaction({ tenant: endpoint.orgId }, (tx) =>
      tx.$executeRawUnsafe(`UPDATE login_request SET taken_at = now(), taken_by = '${JANE}' WHERE id = '${id}'`),
    );
  await t.sql('REVOKE EXECUTE ON FUNCTION rcm_record_person(text, text, text, text, text, jsonb) FROM rcm_rotator');
  try {
    await expect(taking()).rejects.toThrow();
    await expect(read(id)).rejects.toThrow();
    expect(await rows()).toMatchObject([{ taken_by: null }]);
  } finally {
    await t.sql('GRANT EXECUTE ON FUNCTION rcm_record_person(text, text, text, text, text, jsonb) TO rcm_rotator');
  }
  await taking();
  expect(await events()).toContain(`secret.shown ${JANE}`);
});

test('no rotator takes it, and it ends by itself when its minutes are over', async () => {
  const id = await approved(5);
  expect(await takeActs(t.rotator, { takenBy: 'rotator@host:1', limit: 5 })).toEqual([]);
  expect(await endLeftActs(t.rotator, { waitMs: 1, workMs: 1 })).toBe(0);
  await t.sql(`UPDATE login_request SET decided_at = decided_at - interval '5 minutes'`);
  expect(await findBreakGlass(operator, { id })).toMatchObject({ state: 'expired', endedAt: null });
  expect(await endLeftActs(t.rotator, { waitMs: 3_600_000, workMs: 3_600_000 })).toBe(1);
  expect(await rows()).toMatchObject([{ outcome: 'expired' }]);
});

test.each<[string, () => Promise<unknown>]>([
  ['whose terminal was gone before it was read', async () => read(await approved())],
  ['whose minutes are over', async () => approved().then(() => t.sql(`UPDATE login_request SET decided_at = decided_at - interval '15 minutes'`))],
  ['that nobody approved in time', async () => ask().then(() => t.sql(`UPDATE login_request SET asked_at = asked_at - interval '1 hour'`))],
])('may be asked for again by anybody after one %s, though no rotator has ended it', async (_, made) => {
  await made();
  expect(await rows()).toMatchObject([{ outcome: null }]);
  expect(await read(await approved())).toMatchObject({ endpointId: endpoint.endpointId });
  await ask();
  await expect(ask()).rejects.toMatchObject({ code: 'state_conflict' });
});

test.each([0, 61, 1.5, Number.NaN])('%s minutes are refused', async (minutes) => {
  await expect(ask(minutes)).rejects.toMatchObject({ code: 'input_invalid' });
});

test('an operator asks for nothing else, and decides on nothing else; the console asks for it, too', async () => {
  const { orgId, endpointId } = endpoint;
  const others = ['verify', 'rotate', 'rollback'] as const;
  for (const kind of others) await expect(askAct(operator, { orgId, endpointId, kind, actor: JANE, reason: 'r' })).rejects.toThrow();
  const rollback = await askAct(t.another('rcm_console'), { orgId, endpointId, kind: 'rollback', actor: JANE, reason: 'r' });
  await expect(decide(rollback.id)).rejects.toThrow();
  await t.sql('DELETE FROM login_request');
  expect(await ask(10, t.another('rcm_console'))).toHaveProperty('id');
  await expect(ask()).rejects.toMatchObject({ code: 'state_conflict' });
});

test('what was taken in time and is to be shown after its minutes is not, and the login is still due', async () => {
  const glass = await read(await approved());
  const until = new Date(Date.now() - 1_000);
  await expect(stayDue(t.rotator, { orgId: endpoint.orgId, ...glass, until, madeBy: null })).rejects.toMatchObject({
    code: 'state_conflict',
    message: /minutes .* over.*Nothing was shown/,
  });
  expect(await dueIn()).toBeLessThanOrEqual(15 * 60);
});

test('whether people were told of it is asked of the channels that count', async () => {
  const id = await approved();
  await read(id);
  const { orgId } = endpoint;
  expect(await wasTold(t.rotator, { id, orgId, channels: ['webhook'] })).toBe(false);
  await t.sql(
    `INSERT INTO notice_delivery (notice_id, channel, not_before, delivered_at) SELECT id, 'log', now(), now() FROM notice WHERE kind = 'secret_read' AND org_id = $1`,
    [orgId],
  );
  expect(await wasTold(t.rotator, { id, orgId, channels: ['webhook'] })).toBe(false);
  expect(await wasTold(t.rotator, { id, orgId, channels: ['webhook', 'log'] })).toBe(true);
});
