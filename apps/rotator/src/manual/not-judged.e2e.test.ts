import { randomUUID } from 'node:crypto';
import { releaseLease } from '@rcm/db/leases';
import { planRotation } from '@rcm/db/rotation';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { actsOn, type LoginActs } from '../commands/login-acts.fixture.ts';
import { setPortalType } from '../set-portal-type.fixture.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { detectManualChanges } from './detect-changes.ts';

let opened: RotatorEnvironment;
let acts: LoginActs;
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  acts = actsOn(opened);
});
afterAll(() => opened?.close());

/** One that a person rotates, and whose secret was looked at. */
async function watched(): Promise<EnvironmentEndpoint> {
  const at = await opened.testEnvironment.addEndpoint('alpine');
  await setPortalType(opened.testEnvironment, 'alpine', { rotationMode: 'manual' });
  expect(await lookAt(at)).toBe('unchanged');
  return at;
}
const looks = { reads: 100, dueMs: 0, idleMs: 0, signal: new AbortController().signal };
const lookAt = async ({ id }: EnvironmentEndpoint) => (await detectManualChanges(opened.rotator, looks)).find(({ endpointId }) => endpointId === id)?.result;

it('nothing is judged while a rotation of the login is open, as where its portal became one that people rotate: no login is spent', async () => {
  const at = await watched();
  const { id: leaseId, fence } = await acts.exclusiveOf(at);
  const plan = { attemptId: randomUUID(), leaseId, fence, endpointId: at.id, orgId: at.orgId, owner: 'test', baseVersion: '1', recipeHash: 'hash' };
  expect((await planRotation(opened.testEnvironment.db, { ...plan, reason: 'due' })).created).toBe(true);
  await releaseLease(opened.testEnvironment.db, { leaseId, orgId: at.orgId });
  await acts.setAtPortal(at, 'Hand-Made-Pass-1!');
  await acts.edit(at, { password: 'Hand-Made-Pass-1!' });
  expect([await lookAt(at), await acts.triesOf(at)]).toEqual(['put_off', []]);
});
