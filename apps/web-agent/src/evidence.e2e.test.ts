import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';

const CANARIES = { seed: 'KRSXG5CTMVRXEZLUKRSXG5CTMVRXEZLU', office: 'Canary-office-4711' };
const DEADLINE_MS = 120_000;

let testEnvironment: TestEnvironment;
let home: string;
beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: ['alpine'], portalType: { propagationDelayMs: 200 } });
  home = await mkdtemp(join(tmpdir(), 'rcm-agent-evidence-'));
});
afterAll(async () => {
  await testEnvironment?.close();
  if (home) await rm(home, { recursive: true });
});

/** One task in a process of its own, as it is deployed. */
async function runTask(more: NodeJS.ProcessEnv): Promise<{ readonly code: number; readonly output: string }> {
  const env = {
    ...process.env,
    NODE_EXTRA_CA_CERTS: '',
    ...testEnvironment.environmentOf('rcm_agent'),
    RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn('agent'),
    RCM_LOGIN_DEADLINE_MS: '20000',
    ...more,
  };
  const parameters = [
    '--disable-sigusr1',
    join(import.meta.dirname, 'main.ts'),
    'task',
    '--endpoint',
    'alpine-1',
    '--input',
    '{"claim_number":"CLM-1001"}',
    '--reason',
    'test',
    '--json',
  ];
  return promisify(execFile)(process.execPath, parameters, { env, timeout: DEADLINE_MS }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({ code: error.code, output: error.stdout + error.stderr }),
  );
}

/** The portal's pages have changed: no word of the recipe is on them any more. */
const forgetOutcomes = () => {
  const outcomes = JSON.stringify([
    { when: { text: 'Words of last year' }, is: 'accepted' },
    { when: { text: 'Other words of last year' }, is: 'rejected' },
  ]);
  return testEnvironment.db.transaction('every tenant', async (tx) => {
    await tx.$executeRaw`SELECT set_config('app.reason', 'a test', true)`;
    await tx.$executeRaw`UPDATE portal_type SET recipe = jsonb_set(recipe, '{login,outcomes}', ${outcomes}::jsonb) WHERE code = 'alpine'`;
  });
};

/** Values that a page could show besides the password. Gives everything secret of the login. */
async function plantCanaries(): Promise<readonly string[]> {
  const { orgId, secretArn, username } = testEnvironment.endpoint('alpine-1');
  const store = testEnvironment.stores.forTenant(orgId);
  const current = await store.read(parseReference(secretArn));
  if (!current) throw new Error('no secret');
  const planted = parsePayload(current.text).map((payload) => ({ ...payload, mfa_seed: CANARIES.seed, custom_fields: { office: CANARIES.office } }));
  await store.replace(parseReference(secretArn), serializePayload(planted), current.version);
  return [planted.reveal().password, username, ...Object.values(CANARIES)];
}

it(
  'a login that ends unclear leaves its page in the organization’s folder, without anything secret; unset, nothing is kept',
  { timeout: 3 * DEADLINE_MS },
  async () => {
    const secrets = await plantCanaries();
    await forgetOutcomes();
    const folder = join(home, 'evidence');
    const { code, output } = await runTask({ RCM_EVIDENCE_DIR: folder });
    expect({ code, output }).toMatchObject({ code: 1, output: expect.stringContaining('portal_unexpected') });

    const files = (await readdir(join(folder, testEnvironment.orgId))).sort();
    expect(files).toEqual([
      expect.stringMatching(/^\d{8}T\d{9}Z-alpine-1-login-unknown\.json$/),
      expect.stringMatching(/^\d{8}T\d{9}Z-alpine-1-login-unknown\.png$/),
    ]);
    const json = await readFile(join(folder, testEnvironment.orgId, files[0] ?? ''), 'utf8');
    expect(JSON.parse(json)).toMatchObject({
      orgId: testEnvironment.orgId,
      endpointId: 'alpine-1',
      portalTypeCode: 'alpine',
      act: 'login',
      ended: 'unknown',
      screenshot: files[1],
    });
    expect((JSON.parse(json) as { text: string }).text).toContain('Welcome, [secret].');
    expect((await readFile(join(folder, testEnvironment.orgId, files[1] ?? ''))).subarray(1, 4).toString()).toBe('PNG');
    for (const secret of secrets) for (const kept of [json, ...files, output]) expect(kept).not.toContain(secret);

    await runTask({});
    expect(await readdir(folder, { recursive: true })).toHaveLength(3);
  },
);

it('a folder that cannot be used is a configuration error before anything is done', async () => {
  await writeFile(join(home, 'file'), '');
  const before = (await testEnvironment.portals.account('alpine', testEnvironment.endpoint('alpine-1').username)).loginsAccepted;
  expect(await runTask({ RCM_EVIDENCE_DIR: join(home, 'file', 'below') })).toEqual({
    code: 2,
    output: `RCM_EVIDENCE_DIR: ${home}/file/below cannot be used: ENOTDIR.\n`,
  });
  expect((await testEnvironment.portals.account('alpine', testEnvironment.endpoint('alpine-1').username)).loginsAccepted).toBe(before);
});
