import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase } from '@rcm/db';
import { insertEndpoint } from '@rcm/db/admin';
import { askForCode, type CodeKey, type CodeTurn, createCodeKey, endCodeTurn } from '@rcm/db/codes';
import { acquireSharedLease } from '@rcm/db/leases';
import { upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { takeCode, takeCodeTurn } from '@rcm/db/codes';
import { recordMigrated } from '@rcm/db/migration';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { asRoot, compileCache, freshDatabase } from '@rcm/test-services';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { rcm } from '../testing.fixture.ts';

const PLACE = { orgId: 'hospital-1', endpointId: 'alpine-1' };
let drop: () => Promise<void>;
let agent: Database;
let key: CodeKey;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  const fresh = await freshDatabase({ migrate: migrateWithLogins });
  ({ drop } = fresh);
  key = await createCodeKey();
  const owner = openDatabase({ url: fresh.url, applicationName: 'test environment', maxConnections: 2 });
  await upsertOrganization(owner, { id: PLACE.orgId, name: 'Hospital' });
  await upsertPortalType(owner, PLAIN_PORTAL_TYPE);
  await insertEndpoint(owner, { id: PLACE.endpointId, orgId: PLACE.orgId, portalTypeCode: 'alpine', accountId: 'a', baseUrl: 'https://alpine.example/' });
  const secretArn = 'arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/hospital-1/endpoints/alpine-1/a';
  await recordMigrated(owner, { ...PLACE, secretArn, version: '1', loginIdentity: 'a'.repeat(64), fingerprint: 'f' });
  await owner.close();
  agent = openDatabase({ url: urlFor('rcm_agent', fresh.url), applicationName: 'agent', role: 'rcm_agent', maxConnections: 2 });
  environment = { RCM_OPERATOR_DATABASE_URL: urlFor('rcm_operator', fresh.url) };
});
afterAll(async () => {
  await agent?.close();
  await drop?.();
});

/** A login whose page asks for a code. */
async function asked(): Promise<CodeTurn> {
  const lease = await acquireSharedLease(agent, { ...PLACE, holder: 'agent', ttlMs: 600_000 });
  if (!lease.granted) throw new Error(lease.reason);
  const turn = await takeCodeTurn(agent, { ...PLACE, leaseId: lease.lease.id, publicKey: key.publicKey, forMs: 600_000 });
  if (!turn) throw new Error('it is another login’s turn');
  await askForCode(agent, turn, 600_000);
  onTestFinished(() => endCodeTurn(agent, turn));
  return turn;
}

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
async function answer(request: string, typed: string): Promise<{ readonly code: number; readonly answer: Record<string, unknown> }> {
  const child = spawn(process.execPath, ['--disable-sigusr1', MAIN, 'codes', 'answer', request, '--json'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...asRoot(), ...compileCache(), ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin.end(typed);
  const [stdout, [code]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number]>]);
  return { code, answer: JSON.parse(stdout) as Record<string, unknown> };
}
const list = async () => {
  const { code, stdout } = await rcm(['codes', 'list', '--json'], environment);
  return { code, codes: (JSON.parse(stdout) as { codes: Record<string, unknown>[] }).codes };
};

test('what waits is listed, answered from stdin, and opened by whoever asked alone', async () => {
  expect(await list()).toEqual({ code: 0, codes: [] });
  const turn = await asked();
  expect(await list()).toMatchObject({
    code: 1,
    codes: [{ id: turn.requestId, organization: 'hospital-1', login: 'alpine-1', portal: 'alpine', answeredBy: null }],
  });
  const shown = await rcm(['codes', 'list'], environment, 200);
  expect(shown.stdout).toMatch(new RegExp(`${turn.requestId} +alpine-1 +alpine .*\\d s`));
  expect(await answer(turn.requestId, '123 456\nand more\n')).toMatchObject({
    code: 0,
    answer: { version: 1, request: turn.requestId, login: 'alpine-1', answered: true },
  });
  expect(await list()).toMatchObject({ code: 0, codes: [{ id: turn.requestId }] });
  const taken = await takeCode(agent, turn);
  expect(taken.kind === 'sealed' && key.open(turn.requestId, taken.sealed).reveal()).toBe('123456');
  expect(await answer(turn.requestId, '777777\n')).toMatchObject({ code: 1, answer: { error: { code: 'state_conflict' } } });
});

test.each([
  ['no such request', () => Promise.resolve(randomUUID()), '123456', 'state_conflict', 1],
  ['what is no id', () => Promise.resolve('alpine-1'), '123456', 'input_invalid', 2],
  ['no code', async () => (await asked()).requestId, '\n', 'input_invalid', 2],
] as const)('%s is refused, and nothing is sent', async (_, request, typed, error, code) => {
  expect(await answer(await request(), typed)).toMatchObject({ code, answer: { error: { code: error } } });
  expect((await list()).codes.filter(({ answeredBy }) => answeredBy !== null)).toEqual([]);
});
