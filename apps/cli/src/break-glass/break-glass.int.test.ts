import { randomUUID } from 'node:crypto';
import { type Database, openDatabase } from '@rcm/db';
import { askAct } from '@rcm/db/acts';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { rcm } from '../testing.fixture.ts';

const ORG = 'hospital-1';
const JANE = 'person:os:jane@desk';
let drop: () => Promise<void>;
let owner: Database;
let operator: Database;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  const fresh = await freshDatabase({ migrate: migrateWithLogins });
  ({ drop } = fresh);
  owner = openDatabase({ url: fresh.url, applicationName: 'test environment', maxConnections: 2 });
  await upsertOrganization(owner, { id: ORG, name: 'Hospital' });
  await upsertPortalType(owner, PLAIN_PORTAL_TYPE);
  await insertEndpoint(owner, { id: 'alpine-1', orgId: ORG, portalTypeCode: 'alpine', accountId: 'a', baseUrl: 'https://alpine.example/' });
  operator = openDatabase({ url: urlFor('rcm_operator', fresh.url), applicationName: 'jane', role: 'rcm_operator', maxConnections: 2 });
  environment = { RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', fresh.url) };
});
afterAll(async () => {
  await operator?.close();
  await owner?.close();
  await drop?.();
});
beforeEach(() => owner.transaction('every tenant', (tx) => tx.$executeRawUnsafe('DELETE FROM login_request')));

const WHY = ['--reason', 'no agent gets in'];
const breakGlass = async (...args: string[]) => {
  const { code, stdout } = await rcm(['break-glass', ...args, '--json'], environment);
  return { code, answer: JSON.parse(stdout) as Record<string, unknown> };
};
const asksJane = () => askAct(operator, { orgId: ORG, endpointId: 'alpine-1', kind: 'break_glass', minutes: 5, actor: JANE, reason: 'a fax came' });

test('who asks does not approve, and may take it back', async () => {
  const { code, answer } = await breakGlass('request', 'alpine-1', '--minutes', '20', ...WHY);
  expect([code, answer]).toEqual([0, { version: 1, request: expect.any(String) as string, login: 'alpine-1', minutes: 20 }]);
  const id = String(answer.request);
  expect(await breakGlass('request', 'alpine-1', ...WHY)).toMatchObject({ code: 1, answer: { error: { code: 'state_conflict' } } });
  expect(await breakGlass('approve', id, ...WHY)).toMatchObject({ code: 1, answer: { error: { code: 'state_conflict' } } });
  expect(await breakGlass('list')).toMatchObject({ code: 0, answer: { requests: [{ id, state: 'undecided', minutes: 20, reason: 'no agent gets in' }] } });
  expect(await breakGlass('withdraw', id, ...WHY)).toMatchObject({ code: 0, answer: { answer: 'withdraw' } });
  expect(await breakGlass('list')).toMatchObject({ answer: { requests: [{ state: 'withdrawn' }] } });
});

test('somebody else approves, or declines, and says so in words', async () => {
  const { id } = await asksJane();
  const approved = await rcm(['break-glass', 'approve', id, ...WHY], environment);
  expect([approved.code, approved.stdout]).toEqual([0, expect.stringContaining('within 5 minutes') as string]);
  expect(await breakGlass('list')).toMatchObject({ answer: { requests: [{ id, state: 'waiting', actor: JANE, decisionReason: 'no agent gets in' }] } });
  expect(await breakGlass('decline', id, ...WHY)).toMatchObject({ code: 1, answer: { error: { code: 'state_conflict' } } });
  await owner.transaction('every tenant', (tx) => tx.$executeRawUnsafe('DELETE FROM login_request'));
  const other = await asksJane();
  expect((await rcm(['break-glass', 'decline', other.id, ...WHY], environment)).stdout).toContain('nothing can be read');
  expect((await rcm(['break-glass', 'list'], environment, 200)).stdout).toMatch(/alpine-1 +declined +5 /);
});

test.each([
  ['no such login', ['request', 'none', ...WHY], 'endpoint_unknown', 1],
  ['no such request', ['approve', randomUUID(), ...WHY], 'input_invalid', 2],
  ['more than an hour', ['request', 'alpine-1', '--minutes', '61', ...WHY], 'input_invalid', 2],
  ['no reason', ['request', 'alpine-1'], 'input_invalid', 2],
])('%s is refused', async (_, words, error, code) => {
  expect(await breakGlass(...words)).toMatchObject({ code, answer: { error: { code: error } } });
});
