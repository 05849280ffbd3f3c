import { getEndpoint } from '@rcm/db';
import { startDeviceIssuer } from '@rcm/test-services';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { callRotator, runRotator } from '../process.fixture.ts';

vi.setConfig({ testTimeout: 3_600_000, hookTimeout: 3_600_000 });

let testEnvironment: TestEnvironment;
let old: Record<string, string>;
const NEW = 'the new key of this test, 32 characters and more';
beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: ['alpine', 'alpine'] });
  const environment = testEnvironment.environmentOf('rcm_rotator');
  // For commands that are called in this process: the SDK reads the file's name from it.
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', environment.AWS_SHARED_CREDENTIALS_FILE ?? '');
  old = { ...environment, RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('rotator'), RCM_HEALTH_PORT: '0' };
});
afterAll(() => {
  vi.unstubAllEnvs();
  return testEnvironment?.close();
});

/** The configurations of the steps, as docs/keys.md has them. */
const first = () => ({ RCM_PREVIOUS_IDENTITY_KEY: NEW, RCM_PREVIOUS_IDENTITY_KEY_ID: 'b', ...old });
const second = () => {
  const { RCM_IDENTITY_KEY_FILE: file = '', ...rest } = old;
  return { ...rest, RCM_IDENTITY_KEY: NEW, RCM_IDENTITY_KEY_ID: 'b', RCM_PREVIOUS_IDENTITY_KEY_FILE: file, RCM_PREVIOUS_IDENTITY_KEY_ID: '1' };
};
const last = () => {
  const { RCM_IDENTITY_KEY_FILE: _file, ...rest } = old;
  return { ...rest, RCM_IDENTITY_KEY: NEW, RCM_IDENTITY_KEY_ID: 'b' };
};

/** What the audit trail says of who began an act, without the name. */
const begun = (action: string) =>
  testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<{ actor: string; reason: string }[]>`
      SELECT DISTINCT regexp_replace(actor, '^(person:[a-z]+):.*$', '\\1') AS actor, reason FROM audit_event WHERE action = ${action} AND org_id = ${testEnvironment.orgId}`,
  );

it('a change by the book: the start without the old key is refused, with the command, until the command has moved everything', async () => {
  expect((await callRotator(['keys', '--json'], first())).json()).toEqual({
    rows: [{ use: 'identity', keyId: '1', what: 'logins', count: 2, current: true }],
  });
  for (const command of [['status'], ['run']]) {
    const early = await runRotator(command, last());
    expect(early).toMatchObject({ code: 2 });
    expect(early.stderr).toMatch(/logins are named by the key with the id 1.*`rotator keys --move`/);
    expect(early.stderr + early.stdout).not.toContain(NEW);
  }
  const silent = await callRotator(['keys', '--move'], second());
  expect(silent).toMatchObject({ code: 2, stderr: expect.stringContaining('Say why, with --reason') as string });
  expect((await callRotator(['keys', '--json'], second())).json<{ rows: { keyId: string }[] }>().rows.map(({ keyId }) => keyId)).toEqual(['1']);
  const moved = await runRotator(['keys', '--move', '--reason', 'a year old', '--json'], second());
  expect(moved.json()).toEqual({ moved: 2, notMoved: [], forgotten: 0, left: [] });
  expect(moved.code).toBe(0);
  expect(await begun('keys.move')).toEqual([{ actor: 'person:sts', reason: 'a year old' }]);
  expect(await callRotator(['status', '--json'], last())).toMatchObject({ code: 0 });
  const gone = await runRotator(['status'], old);
  expect(gone).toMatchObject({ code: 2 });
  expect(gone.stderr).toMatch(/the id b/);
});

it.each([
  ['recover'],
  ['copies'],
  ['rotate', '--endpoint', 'x'],
  ['resolve', '--endpoint', 'x', '--accept', 'current'],
  ['rollback', '--endpoint', 'x'],
  ['pause', '--all'],
])('%s asks why before anything, exit code 2', async (...command) => {
  expect(await callRotator(command, last())).toMatchObject({ code: 2, stderr: expect.stringContaining('Say why, with --reason') as string });
});

it('recover leaves who began it and why in the audit trail, and a dry run leaves nothing', async () => {
  expect(await callRotator(['recover', '--dry-run', '--json'], last())).toMatchObject({ code: 0 });
  expect(await begun('rotation.recover')).toEqual([]);
  expect(await callRotator(['recover', '--reason', 'a rotator died', '--json'], last())).toMatchObject({ code: 0 });
  expect(await begun('rotation.recover')).toEqual([{ actor: 'person:sts', reason: 'a rotator died' }]);
});

it('whoever has to sign in for it is who the issuer says, and without that nothing begins', async () => {
  const issuer = await startDeviceIssuer();
  const asked = { ...last(), RCM_ACTOR_ISSUER: issuer.issuer, RCM_ACTOR_CLIENT_ID: issuer.clientId };
  const actor = `person:oidc:${issuer.issuer}#jane says the-ceo`;
  const recover = () => callRotator(['recover', '--reason', 'who signs in', '--actor', 'the-ceo', '--json'], asked);
  const actors = () =>
    testEnvironment.db.transaction(
      'every tenant',
      (tx) => tx.$queryRaw<{ actor: string }[]>`SELECT actor FROM audit_event WHERE reason = 'who signs in' ORDER BY seq`,
    );
  issuer.do({ polls: ['access_denied'] });
  expect(await recover()).toMatchObject({ code: 2, stdout: expect.stringContaining('Nobody has signed in: the sign-in was declined') as string });
  expect(await actors()).toEqual([]);
  issuer.do({ polls: ['authorization_pending'] });
  expect(await recover()).toMatchObject({ code: 0, stderr: expect.stringContaining(`sign in at ${issuer.issuer}/activate with the code WDJB-MJHT`) as string });
  expect(await actors()).toEqual([{ actor }]);
  await issuer.close();
});

it('another key by an id that is taken is refused', async () => {
  const swapped = { ...last(), RCM_IDENTITY_KEY: 'another key, with the same id, of 32 characters and more' };
  expect((await callRotator(['status'], swapped)).stderr).toMatch(/the id b belongs to another identity key/);
});

it('a login whose store does not answer is named, and stays for the next run', async () => {
  const [{ id, orgId } = { id: '', orgId: '' }] = testEnvironment.endpoints;
  await testEnvironment.db.transaction(
    'every tenant',
    (tx) => tx.$executeRaw`UPDATE integration_endpoint SET secret_arn = secret_arn || '-gone' WHERE id = ${id}`,
  );
  // Back to the first key, which is as much a change.
  const run = await callRotator(['keys', '--move', '--reason', 'a year old', '--json'], first());
  expect(run.code).toBe(1);
  expect(run.json<{ notMoved: unknown[]; left: unknown[] }>().notMoved).toEqual([{ endpointId: id, why: 'secret_missing' }]);
  expect(run.json<{ left: unknown[] }>().left).toEqual([{ use: 'identity', keyId: 'b', what: 'logins', count: 1 }]);
  expect(await getEndpoint(testEnvironment.db, { orgId, endpointId: id })).not.toBeNull();
});
