import { type Database, openDatabase } from '@rcm/db';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { keyFileWrapping } from '@rcm/db/sealing';
import { claimNextCallback, claimPortalTask, createPortalTask, endCallbackTry, finishPortalTask } from '@rcm/db/tasks';
import { asSuperuser, migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rcm } from '../testing.fixture.ts';

const ORG = 'hospital-1';
const PATIENT = 'canary-patient-4711';
const WHY = ['--reason', 'the payer is down for good'];
let drop: () => Promise<void>;
let agent: Database;
let environment: NodeJS.ProcessEnv;
let url: string;

beforeAll(async () => {
  const fresh = await freshDatabase({ migrate: migrateWithLogins });
  ({ drop, url } = fresh);
  const owner = openDatabase({ url: fresh.url, applicationName: 'test environment', maxConnections: 2 });
  await upsertOrganization(owner, { id: ORG, name: 'Hospital' });
  await upsertPortalType(owner, PLAIN_PORTAL_TYPE);
  await insertEndpoint(owner, { id: 'alpine-1', orgId: ORG, portalTypeCode: 'alpine', accountId: 'a', baseUrl: 'https://alpine.example/' });
  await owner.close();
  const dataKeys = keyFileWrapping({ id: 'test', key: new Secret('k'.repeat(32)) });
  agent = openDatabase({ url: urlFor('rcm_agent', fresh.url), applicationName: 'agent', role: 'rcm_agent', maxConnections: 2, dataKeys });
  environment = { RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', fresh.url) };
});
afterAll(async () => {
  await agent?.close();
  await drop?.();
});

const create = async (callback?: string): Promise<string> => {
  const requester = { kind: 'token', subject: 'claims', issuer: 'https://id.example/' } as const;
  return (await createPortalTask(agent, { orgId: ORG, endpointId: 'alpine-1', name: 'claim_status', input: { claim: PATIENT }, requester, callback })).taskId;
};
const json = async (...args: string[]) => {
  const { code, stdout } = await rcm([...args, '--json'], environment);
  expect(stdout).not.toContain(PATIENT);
  return { code, answer: JSON.parse(stdout) as Record<string, unknown> };
};
const idsOf = (answer: Record<string, unknown>) => (answer.tasks as { id: string }[]).map(({ id }) => id);

test('what waits, works and failed is listed with why, what succeeded when it is asked for; a failed one ends it with 1', async () => {
  expect(await rcm(['tasks'], environment, 100)).toMatchObject({ code: 0, stdout: 'no such task\n' });
  const [done, refused, waits] = [await create(), await create(), await create()];
  for (const [taskId, end] of [
    [done, { result: { found: true, rows: [{ patient: PATIENT }] } }],
    [refused, { errorCode: 'login_rejected', message: `the portal says ${PATIENT}` }],
  ] as const) {
    await claimPortalTask(agent, { orgId: ORG, taskId, worker: 'w', ttlMs: 60_000 });
    await finishPortalTask(agent, { orgId: ORG, taskId, worker: 'w', ...end });
  }
  const { code, answer } = await json('tasks', '--org', ORG);
  expect([code, idsOf(answer)]).toEqual([1, [waits, refused]]);
  expect(answer.tasks).toMatchObject([{ state: 'queued', task: 'claim_status', login: 'alpine-1', organization: ORG }, { errorCode: 'login_rejected' }]);
  expect(await json('tasks', '--state', 'succeeded')).toMatchObject({ code: 0, answer: { tasks: [{ id: done }] } });
  const first = await json('tasks', '--state', 'all', '--limit', '2', '--login', 'alpine-1');
  expect(idsOf((await json('tasks', '--state', 'all', '--limit', '2', '--after', String(first.answer.next))).answer)).toEqual([done]);
  const { stdout } = await rcm(['tasks', '--portal', 'alpine'], environment, 160);
  expect(stdout).toContain('waits for its turn');
  expect(stdout).not.toContain(PATIENT);
  expect(await json('task', 'show', refused)).toMatchObject({ code: 1, answer: { why: 'it failed: login_rejected', requestedBy: 'token:claims' } });
});

test('one that waits says why and how to end it, and a person ends it once, with a reason', async () => {
  const taskId = await create();
  const shown = await rcm(['task', 'show', taskId], environment, 160);
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining(`rcm task cancel ${taskId} --reason`) as string });
  expect(await json('task', 'cancel', taskId)).toMatchObject({ code: 2, answer: { error: { code: 'input_invalid' } } });
  expect(await json('task', 'show', taskId)).toMatchObject({ answer: { state: 'queued' } });
  for (let i = 0; i < 2; i += 1)
    expect(await json('task', 'cancel', taskId, ...WHY)).toMatchObject({ code: 0, answer: { cancelled: true, organization: ORG } });
  expect(await json('task', 'show', taskId)).toMatchObject({ code: 1, answer: { state: 'failed', errorCode: 'cancelled' } });
  expect(await json('audit', 'list', '--org', ORG, '--action', 'task.cancelled')).toMatchObject({ answer: { events: [{ subject: taskId, reason: WHY[1] }] } });
});

test('whether a task’s callback was delivered is shown, and why not', async () => {
  const shown = async (taskId: string) => ({
    told: (await json('task', 'show', taskId)).answer.told,
    text: (await rcm(['task', 'show', taskId], environment, 160)).stdout,
  });
  expect(await shown(await create())).toMatchObject({ told: null, text: expect.not.stringContaining('callback') as string });
  const taskId = await create('claims');
  expect(await shown(taskId)).toMatchObject({
    told: { name: 'claims', state: 'waiting', tries: 0 },
    text: expect.stringMatching(/claims, when the task ends/) as string,
  });
  await claimPortalTask(agent, { orgId: ORG, taskId, worker: 'w', ttlMs: 60_000 });
  await finishPortalTask(agent, { orgId: ORG, taskId, worker: 'w', result: {} });
  expect((await shown(taskId)).text).toMatch(/claims: not delivered yet/);
  const sent = await claimNextCallback(agent, { ttlMs: 60_000 });
  const ended = { orgId: ORG, taskId, tries: sent?.tries ?? 0 };
  await endCallbackTry(agent, { ...ended, failure: 'failed 500', retryMs: 0 });
  expect(await shown(taskId)).toMatchObject({
    told: { state: 'failing', error: 'failed 500', tries: 1 },
    text: expect.stringMatching(/claims: not taken yet \(failed 500\), again/) as string,
  });
  await endCallbackTry(agent, { ...ended, taken: true });
  expect(await shown(taskId)).toMatchObject({
    told: { state: 'delivered', error: null },
    text: expect.stringMatching(/claims: delivered/) as string,
  });
});

test('a callback that was given up is listed and ends the call with 1, until a person has it sent again, with a reason', async () => {
  expect(await rcm(['callbacks'], environment, 160)).toMatchObject({ code: 0, stdout: 'no callback was given up\n' });
  const given = [await create('claims'), await create('remittances')];
  for (const taskId of given) {
    await claimPortalTask(agent, { orgId: ORG, taskId, worker: 'w', ttlMs: 60_000 });
    await finishPortalTask(agent, { orgId: ORG, taskId, worker: 'w', result: {} });
    const sent = await claimNextCallback(agent, { ttlMs: 60_000 });
    await endCallbackTry(agent, { orgId: ORG, taskId, tries: sent?.tries ?? 0, failure: 'gone 410', retryMs: null });
  }
  const [first = '', second = ''] = given;
  const listed = async (...args: string[]) => {
    const { code, answer } = await json('callbacks', ...args);
    return { code, next: answer.next, tasks: (answer.callbacks as { task: string }[]).map(({ task }) => task) };
  };
  expect(await listed()).toEqual({ code: 1, next: null, tasks: [second, first] });
  const page = await listed('--limit', '1', '--org', ORG);
  expect(page.tasks).toEqual([second]);
  expect((await listed('--limit', '1', '--after', String(page.next))).tasks).toEqual([first]);
  expect((await rcm(['callbacks'], environment, 200)).stdout).toMatch(/remittances.*gone 410, 1 try/);
  expect((await rcm(['task', 'show', first], environment, 160)).stdout).toContain(`rcm task tell ${first} --reason`);
  expect(await json('task', 'tell', first)).toMatchObject({ code: 2, answer: { error: { code: 'input_invalid' } } });
  for (const sentAgain of [true, false])
    expect(await json('task', 'tell', first, ...WHY)).toMatchObject({ code: 0, answer: { sentAgain, callback: 'claims' } });
  expect((await listed()).tasks).toEqual([second]);
  expect((await rcm(['callbacks', '--after', String(page.next)], environment)).stdout).toBe('no further callback was given up\n');
  // As if the receiver had cooled down for as long as it does after a failure.
  await asSuperuser(url, [`UPDATE task_callback_receiver SET rests_until = '-infinity'`]);
  expect(await claimNextCallback(agent, { ttlMs: 600_000 })).toMatchObject({ taskId: first, tries: 2 });
  expect(await json('audit', 'list', '--org', ORG, '--action', 'task.told_again')).toMatchObject({ answer: { events: [{ subject: first, reason: WHY[1] }] } });
  await endCallbackTry(agent, { orgId: ORG, taskId: first, tries: 2, taken: true });
  expect(await json('task', 'tell', first, ...WHY)).toMatchObject({ code: 1, answer: { error: { code: 'state_conflict' } } });
  expect(await json('task', 'tell', await create(), ...WHY)).toMatchObject({ code: 1, answer: { error: { code: 'state_conflict' } } });
});

test.each([
  [['tasks', '--state', 'done'], 2, 'input_invalid'],
  [['tasks', '--limit', '0'], 2, 'input_invalid'],
  [['tasks', '--after', 'x'], 2, 'input_invalid'],
  [['tasks', '--org', 'No Id'], 2, 'input_invalid'],
  [['task', 'show', '17'], 2, 'input_invalid'],
  [['task', 'show', crypto.randomUUID()], 1, 'task_not_found'],
  [['task', 'cancel', crypto.randomUUID(), ...WHY], 1, 'task_not_found'],
  [['task', 'tell', crypto.randomUUID(), ...WHY], 1, 'task_not_found'],
  [['callbacks', '--after', 'x'], 2, 'input_invalid'],
  [['callbacks', '--org', 'No Id'], 2, 'input_invalid'],
] as const)('%j ends with %i and says what is wrong', async (args, code, error) => {
  expect(await json(...args)).toMatchObject({ code, answer: { error: { code: error, message: expect.stringMatching(/\w/) as string } } });
});
