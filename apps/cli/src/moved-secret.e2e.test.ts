import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DeleteParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { parsePayload, parseReference } from '@rcm/credentials';
import { GUARDIAN_ROLE } from '@rcm/credentials/policies';
import { asRoot, compileCache } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { environmentFor } from './environment.ts';
import { openPerson, type Person } from './person.fixture.ts';

/** `rcm endpoint move` and what follows it, with a rotator that runs, on two accounts of AWS. */
const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const ROTATOR = fileURLToPath(new URL('../../rotator/src/main.ts', import.meta.url));
const SECOND = '222222222222';
const WHY = ['--reason', 'the first account is full, ticket 4714'];
const WHOLE_MS = 900_000;

let person: Person;
let rotator: ReturnType<typeof spawn>;
beforeAll(async () => {
  person = await openPerson({ endpoints: [], portalType: { propagationDelayMs: 200 }, furtherAccounts: [SECOND] });
  rotator = await startRotator();
}, WHOLE_MS);
afterAll(async () => {
  // A test that failed may have left it standing still.
  for (const signal of ['SIGCONT', 'SIGTERM'] as const) rotator?.kill(signal);
  if (rotator) await once(rotator, 'exit');
  await person?.close();
}, WHOLE_MS);

const environment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, HOME: process.env.HOME, ...asRoot(), ...compileCache(), ...person.environment });

async function startRotator() {
  const quick = { RCM_ROTATOR_ASKED_SCAN_MS: '200', RCM_HEALTH_PORT: '0', RCM_LOG_LEVEL: 'info' };
  const child = spawn(process.execPath, ['--disable-sigusr1', ROTATOR, 'run'], {
    env: { ...environmentFor('rotator', environment()), AWS_PROFILE: 'rotator', ...quick },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      text += chunk.toString();
      if (text.includes('"healthPort"')) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => reject(new Error(`the rotator ended with ${code}:\n${text}`)));
  });
  return child;
}

function started(...words: readonly string[]) {
  const child = spawn(process.execPath, ['--disable-sigusr1', MAIN, ...words, '--json'], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    said: stdout + stderr,
    answer: JSON.parse(stdout.split('\n')[0] || '{}') as Record<string, unknown>,
  }));
  return { child, ended };
}
const rcm = (...words: readonly string[]) => started(...words).ended;

async function secretOf(id: string): Promise<string> {
  const rows = await person.testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ arn: string }[]>`SELECT secret_arn AS arn FROM integration_endpoint WHERE id = ${id}`,
  );
  return rows[0]?.arn ?? '';
}
async function isAsked(id: string): Promise<boolean> {
  const rows = await person.testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<object[]>`SELECT 1 FROM login_request WHERE endpoint_id = ${id}`,
  );
  return rows.length > 0;
}
async function opens(id: string): Promise<boolean> {
  const { orgId, portal, username } = person.testEnvironment.endpoint(id);
  const current = await person.testEnvironment.stores.forTenant(orgId).read(parseReference(await secretOf(id)));
  return current !== null && person.testEnvironment.portals.accepts({ portal, username, password: parsePayload(current.text).reveal().password });
}

it(
  'a login is moved to another account, used and rotated there, and the guardian’s removal of the old secret is noted',
  async () => {
    const { id, secretArn } = await person.testEnvironment.addEndpoint('alpine');
    const moved = await rcm('endpoint', 'move', id, '--to', `${SECOND}/us-east-1`, ...WHY);
    expect(moved, moved.said).toMatchObject({ code: 0, answer: { endpoint: id, outcome: 'moved', login: { outcome: 'accepted' } } });
    expect(await secretOf(id)).toContain(`:${SECOND}:`);
    expect(await opens(id)).toBe(true);

    const rotated = await rcm('login', 'rotate', id, ...WHY);
    expect(rotated, rotated.said).toMatchObject({ code: 0 });
    expect(await opens(id)).toBe(true);

    const left = await rcm('endpoint', 'moved', '--keep', '0d');
    expect(left, left.said).toMatchObject({
      code: 1,
      answer: { secrets: [{ endpoint: id, why: 'left', secret: secretArn, removal: expect.stringContaining('aws ssm delete-parameter') as string }] },
    });
    expect(await rcm('endpoint', 'moved')).toMatchObject({ code: 0 });
    expect(await rcm('endpoint', 'removed', id, ...WHY)).toMatchObject({ code: 1, answer: { endpoints: [{ id, outcome: 'still_there' }] } });
    await removeAsGuardian(secretArn);
    expect(await rcm('endpoint', 'removed', id, ...WHY)).toMatchObject({ code: 0, answer: { endpoints: [{ id, outcome: 'removed' }] } });
    expect(await rcm('endpoint', 'moved', '--keep', '0d')).toMatchObject({ code: 0, answer: { secrets: [] } });
    const audited = await rcm('audit', 'list', '--org', person.testEnvironment.orgId);
    expect(audited.said).toContain('endpoint.moved');
  },
  WHOLE_MS,
);

it(
  'a login that its portal refuses is moved back, to where its earlier versions lie',
  async () => {
    const login = await person.testEnvironment.addEndpoint('alpine');
    await person.testEnvironment.portals.createAccount({ portal: login.portal, username: login.username, password: 'Reset-by-support-1' });
    const answer = await rcm('endpoint', 'move', login.id, '--to', `${SECOND}/us-east-1`, ...WHY);
    expect(answer, answer.said).toMatchObject({ code: 1, answer: { outcome: 'moved_back', login: { outcome: 'refused' } } });
    expect(await secretOf(login.id)).toBe(login.secretArn);
  },
  WHOLE_MS,
);

it.each(['SIGTERM', 'SIGKILL'] as const)(
  'by a command that gets a %s while no rotator has answered, a login lies where it was, or is proved once the same is said again',
  async (signal) => {
    const { id, portal, username, secretArn } = await person.testEnvironment.addEndpoint('alpine');
    const tries = async () => (await person.testEnvironment.portals.history({ portal, username })).tries.map(({ ended }) => ended);
    rotator.kill('SIGSTOP');
    const { child, ended } = started('endpoint', 'move', id, '--to', `${SECOND}/us-east-1`, ...WHY);
    while (!(await isAsked(id))) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill(signal);
    const end = await ended;
    if (signal === 'SIGTERM')
      expect(end, end.said).toMatchObject({ code: 1, answer: { outcome: 'moved_back', login: { outcome: 'not_tried', code: 'cancelled' } } });
    expect(await secretOf(id)).toEqual(signal === 'SIGTERM' ? secretArn : expect.stringContaining(`:${SECOND}:`));
    expect(await tries()).toEqual([]);
    // The way back is no secret to remove.
    const { secrets } = (await rcm('endpoint', 'moved', '--keep', '0d')).answer as { secrets: { endpoint: string; secret: string; removal: string | null }[] };
    const leftOf = secrets.filter(({ endpoint, secret }) => endpoint === id && secret === secretArn);
    expect(leftOf.map(({ removal }) => removal)).toEqual(signal === 'SIGTERM' ? [] : [null]);
    // As where no rotator took it in time.
    await person.testEnvironment.db.transaction('every tenant', (tx) => tx.$executeRaw`DELETE FROM login_request WHERE endpoint_id = ${id}`);
    rotator.kill('SIGCONT');

    const again = await rcm('endpoint', 'move', id, '--to', `${SECOND}/us-east-1`, ...WHY);
    expect(again, again.said).toMatchObject({ code: 0, answer: { outcome: 'moved', login: { outcome: 'accepted' } } });
    expect(await secretOf(id)).toContain(`:${SECOND}:`);
    expect(await tries()).toEqual(['accepted']);
    expect(await rcm('endpoint', 'move', id, '--to', `${SECOND}/us-east-1`, ...WHY)).toMatchObject({ code: 0, answer: { outcome: 'already', login: null } });
    expect(await tries()).toEqual(['accepted']);
    expect(await opens(id)).toBe(true);
  },
  WHOLE_MS,
);

it(
  'a place that is none, and none at all, are refused in one line',
  async () => {
    const { id, secretArn } = await person.testEnvironment.addEndpoint('alpine');
    for (const to of [['--to', '999999999999/us-east-1'], ['--to', 'here'], []]) {
      const answer = await rcm('endpoint', 'move', id, ...to, ...WHY);
      expect(answer, answer.said).toMatchObject({ code: 2, answer: { error: { code: 'input_invalid' } } });
    }
    expect(await secretOf(id)).toBe(secretArn);
  },
  WHOLE_MS,
);

it(
  'the doctor asks every place, and names the one that does not answer',
  async () => {
    await person.testEnvironment.addEndpoint('alpine');
    const store = async () => ((await rcm('doctor')).answer.checks as { check: string; state: string; says: string }[]).find(({ check }) => check === 'store');
    expect(await store()).toMatchObject({ state: 'ok', says: 'all 2 places answer a tenant’s session; no secret was opened' });
    person.testEnvironment.further[0]?.setFaults({ kind: 'down' });
    expect(await store()).toMatchObject({ state: 'problem', says: expect.stringContaining(`us-east-1:${SECOND}: `) as string });
    person.testEnvironment.further[0]?.setFaults({ kind: 'none' });
  },
  WHOLE_MS,
);

async function removeAsGuardian(secretArn: string): Promise<void> {
  const { aws } = person.testEnvironment;
  const client = new SSMClient({ region: aws.region, endpoint: aws.endpoint, credentials: aws.taskCredentials(GUARDIAN_ROLE) });
  await client.send(new DeleteParameterCommand({ Name: secretArn.slice(secretArn.indexOf('/')) }));
  client.destroy();
}
