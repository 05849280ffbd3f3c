import { randomUUID } from 'node:crypto';
import { parsePayload, parseReference, serializePayload, type StoredSecret, withPassword } from '@rcm/credentials';
import { acquireExclusiveLease, releaseLease } from '@rcm/db/leases';
import { advanceAttempt, finishAttempt, planRotation, promoteAttempt } from '@rcm/db/rotation';
import { Secret } from '@rcm/telemetry';
import type { EnvironmentEndpoint, TestEnvironment } from '@rcm/test-environment';

/** A rotation as portal, store and journal know it when it is done; without a browser, since who reads asks only these. */
export async function rotateWithoutBrowser(testEnvironment: TestEnvironment, endpoint: EnvironmentEndpoint, password: string): Promise<void> {
  const { id: endpointId, orgId, portal, username } = endpoint;
  const store = testEnvironment.stores.forTenant(orgId);
  const reference = parseReference(endpoint.secretArn);
  const answer = await acquireExclusiveLease(testEnvironment.db, { orgId, endpointId, holder: 'test', ttlMs: 60_000, wantMs: 1_000 });
  if (!answer.granted) throw new Error(`the login is not free: ${answer.reason}`);
  const { id: leaseId, fence } = answer.lease;
  const current = await currentOf(testEnvironment, endpoint);
  const attemptId = randomUUID();
  const plan = { attemptId, leaseId, fence, endpointId, orgId, owner: 'test', reason: 'due', baseVersion: current.version, recipeHash: 'hash' } as const;
  if (!(await planRotation(testEnvironment.db, plan)).created) throw new Error('the rotation was not planned');
  const tags = { TenantId: orgId, Environment: testEnvironment.environmentName, PortalType: portal };
  const counter = (parsePayload(current.text).reveal().metadata?.rotation_counter ?? 0) + 1;
  const text = serializePayload(withPassword(parsePayload(current.text), { password: new Secret(password), attemptId, counter, now: new Date() }));
  await store.stage({ current: reference, attemptId, tags }, text);
  const step = { attemptId, orgId, fence };
  await advanceAttempt(testEnvironment.db, { ...step, from: 'planned', to: 'staged' });
  await advanceAttempt(testEnvironment.db, { ...step, from: 'staged', to: 'submitting', set: { submitDeadlineMs: 1 } });
  await testEnvironment.portals.createAccount({ portal, username, password });
  await advanceAttempt(testEnvironment.db, { ...step, from: 'submitting', to: 'verified', set: { found: 'staged' } });
  const promoted = await store.promote({ current: reference, attemptId, tags }, current.version);
  await promoteAttempt(testEnvironment.db, { ...step, promotedVersion: promoted.version, previousVersion: current.version });
  await finishAttempt(testEnvironment.db, { ...step, from: 'promoted', end: 'done' });
  await releaseLease(testEnvironment.db, { leaseId, orgId });
}

export async function currentOf(testEnvironment: TestEnvironment, { orgId, secretArn }: EnvironmentEndpoint): Promise<StoredSecret> {
  const current = await testEnvironment.stores.forTenant(orgId).read(parseReference(secretArn));
  if (!current) throw new Error('the secret is gone');
  return current;
}
