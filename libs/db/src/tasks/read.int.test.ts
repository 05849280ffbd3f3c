import { afterAll, beforeAll, expect, test } from 'vitest';
import { findBrokenAuditEvent } from '../audit/record.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, REQUESTER } from '../testing.fixture.ts';
import { claimPortalTask, finishPortalTask } from './claim.ts';
import { createPortalTask } from './queue.ts';
import { readPortalTask } from './read.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
});
afterAll(async () => {
  await t.close();
});

async function ended(end: { result: unknown } | { errorCode: string; message: string }) {
  const endpoint = await makeEndpoint(t.db);
  const { taskId } = await createPortalTask(t.agent, { ...endpoint, name: 'n', input: {}, requester: REQUESTER });
  const task = { taskId, orgId: endpoint.orgId };
  await claimPortalTask(t.agent, { ...task, worker: 'w', ttlMs: 60_000 });
  await finishPortalTask(t.agent, { ...task, worker: 'w', ...end });
  return task;
}
const anna = { kind: 'token', subject: 'anna', issuer: 'https://identity.example/' } as const;
const ben = { kind: 'terminal', name: 'ben' } as const;
const events = (orgId: string) => t.sql(`SELECT actor, action, subject, details FROM audit_event WHERE org_id = $1 AND action = 'task.read'`, [orgId]);

test('whoever is given a result stands in the audit trail, each time, and the result does not', async () => {
  const task = await ended({ result: { found: true, rows: [{ patient: 'canary-patient' }] } });
  for (const reader of [anna, ben]) expect(await readPortalTask(t.agent, { ...task, reader })).toMatchObject({ result: { found: true } });
  const event = { action: 'task.read', subject: task.taskId };
  expect(await events(task.orgId)).toEqual([
    { actor: 'token:anna', ...event, details: { taskId: task.taskId, issuer: 'https://identity.example/' } },
    { actor: 'terminal:ben', ...event, details: { taskId: task.taskId } },
  ]);
  expect(await findBrokenAuditEvent(t.db, task)).toBeNull();
});

test('a task without a result is read without an event, and another organization’s not at all', async () => {
  const task = await ended({ errorCode: 'login_rejected', message: 'm' });
  expect(await readPortalTask(t.agent, { ...task, reader: anna })).toMatchObject({ state: 'failed', errorCode: 'login_rejected' });
  const theirs = await ended({ result: {} });
  expect(await readPortalTask(t.agent, { taskId: theirs.taskId, orgId: task.orgId, reader: anna })).toBeNull();
  expect([...(await events(task.orgId)), ...(await events(theirs.orgId))]).toEqual([]);
});

test('how a task stands is read without what may hold health data, and without an event', async () => {
  const task = await ended({ result: { found: true, rows: [{ patient: 'canary-patient' }] } });
  const read = await readPortalTask(t.agent, { ...task, reader: anna, part: 'state' });
  expect(read).toMatchObject({ state: 'succeeded', result: null, input: {} });
  expect(JSON.stringify(read)).not.toContain('canary-patient');
  expect(await events(task.orgId)).toEqual([]);
});

test('no result is handed out whose event cannot be written', async () => {
  const task = await ended({ result: { found: false, rows: [] } });
  await t.sql('REVOKE INSERT ON audit_event FROM rcm_agent');
  await expect(readPortalTask(t.agent, { ...task, reader: anna })).rejects.toMatchObject({ code: 'audit_unavailable' });
  await t.sql('GRANT INSERT ON audit_event TO rcm_agent');
  expect(await readPortalTask(t.agent, { ...task, reader: anna })).toMatchObject({ state: 'succeeded' });
});

test('whoever reads what they asked for themselves is given nothing that another one asked for, whatever that one is called', async () => {
  const task = await ended({ result: { found: true, rows: [] } });
  const own = { ...task, reach: 'own' } as const;
  expect(await readPortalTask(t.agent, { ...own, reader: REQUESTER })).toMatchObject({ result: { found: true } });
  const others = [anna, { ...REQUESTER, issuer: 'https://elsewhere.example/' }, { kind: 'terminal', name: REQUESTER.subject }] as const;
  for (const reader of others) expect(await readPortalTask(t.agent, { ...own, reader })).toBeNull();
  expect(await events(task.orgId)).toHaveLength(1);
});
