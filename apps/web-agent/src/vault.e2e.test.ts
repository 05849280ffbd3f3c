import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { getEndpoint } from '@rcm/db';
import { setNextRotation } from '@rcm/db/rotation';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';

const MAIN = { rcm_agent: 'main.ts', rcm_rotator: '../../rotator/src/main.ts' } as const;
const DEADLINE_MS = 240_000;

let testEnvironment: TestEnvironment;
let endpoint: EnvironmentEndpoint;

beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  endpoint = await testEnvironment.addEndpoint('alpine', 'vault');
});
afterAll(() => testEnvironment?.close());

/** On-prem: nothing of AWS is in the process's environment, and nothing of this test's own. */
function environmentOf(role: keyof typeof MAIN): Record<string, string> {
  const given = Object.entries(testEnvironment.environmentOf(role)).filter(([name]) => !/AWS|KMS/.test(name));
  const inherited = ['PATH', 'HOME', 'RCM_CHROMIUM_PATH'].flatMap((name) => (process.env[name] ? [[name, process.env[name]] as const] : []));
  return { ...Object.fromEntries([...inherited, ...given]), RCM_LOG_LEVEL: 'error' };
}

/** One command of an app as a process of its own; its JSON. Fails where the exit code is not 0. */
async function run(role: keyof typeof MAIN, parameters: readonly string[]): Promise<unknown> {
  const main = fileURLToPath(new URL(MAIN[role], import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--disable-sigusr1', main, ...parameters], {
    env: environmentOf(role),
    timeout: DEADLINE_MS,
  });
  return JSON.parse(stdout);
}
const claimStatus = () => run('rcm_agent', ['task', '--endpoint', endpoint.id, '--input', '{"claim_number":"CLM-1001"}', '--reason', 'test', '--json']);
const found = { kind: 'succeeded', result: { found: true } };

it('a deployment that has a Vault and no AWS: a task, a rotation, and a task with the new password', { timeout: 3 * DEADLINE_MS }, async () => {
  expect(Object.keys(environmentOf('rcm_agent')).filter((name) => name.includes('AWS'))).toEqual([]);
  expect(await claimStatus()).toMatchObject(found);
  await setNextRotation(testEnvironment.db, { endpointIds: [endpoint.id], at: 'now' });
  await run('rcm_rotator', ['once', '--json']);
  expect(await getEndpoint(testEnvironment.db, { orgId: endpoint.orgId, endpointId: endpoint.id })).toMatchObject({
    currentVersion: '2',
    rotationStatus: 'active',
  });
  expect(await claimStatus()).toMatchObject(found);
  expect(await testEnvironment.portals.account('alpine', endpoint.username)).toMatchObject({ passwordsChanged: 1, loginsRejected: 0, locked: false });
  expect(await testEnvironment.portalAcceptsStore(endpoint.id)).toBe(true);
});
