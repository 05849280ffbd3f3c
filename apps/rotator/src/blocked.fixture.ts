import { randomUUID } from 'node:crypto';
import { parsePayload, parseReference, serializePayload, withPassword } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { acquireExclusiveLease, releaseLease } from '@rcm/db/leases';
import { advanceAttempt, blockAttempt, planRotation } from '@rcm/db/rotation';
import { Secret } from '@rcm/telemetry';
import type { RotatorEnvironment } from './testing.fixture.ts';

export const STAGED = 'Staged-Secret-77';

/** A blocked attempt as the machine leaves one, with `STAGED` beside the current password; `portalHas` is what the portal accepts. */
export async function blockedLogin(opened: RotatorEnvironment, id: string, portalHas?: string) {
  const { testEnvironment } = opened;
  const { orgId, loginIdentity, secretArn, portal, username } = testEnvironment.endpoint(id);
  const row = await getEndpoint(testEnvironment.db, { orgId, endpointId: id });
  const answer = await acquireExclusiveLease(testEnvironment.db, { orgId, endpointId: id, holder: 'test', ttlMs: 60_000, wantMs: 0 });
  if (!answer.granted || !row) throw new Error('no lease');
  const attemptId = randomUUID();
  const { fence } = answer.lease;
  const plan = {
    attemptId,
    leaseId: answer.lease.id,
    fence,
    endpointId: id,
    orgId,
    owner: 'test',
    reason: 'due' as const,
    baseVersion: row.currentVersion ?? '',
    recipeHash: 'hash',
  };
  if (!(await planRotation(testEnvironment.db, plan)).created) throw new Error('no rotation was planned');
  const store = opened.rotator.stores.forTenant(orgId);
  const current = await store.read(parseReference(secretArn));
  if (!current) throw new Error('no secret');
  const text = serializePayload(withPassword(parsePayload(current.text), { password: new Secret(STAGED), attemptId, counter: 1, now: new Date() }));
  const slot = { current: parseReference(secretArn), attemptId, tags: { TenantId: orgId, Environment: testEnvironment.environmentName, PortalType: portal } };
  await store.stage(slot, text);
  const step = { attemptId, orgId, fence };
  await advanceAttempt(testEnvironment.db, { ...step, from: 'planned', to: 'staged' });
  await advanceAttempt(testEnvironment.db, { ...step, from: 'staged', to: 'submitting', set: { submitDeadlineMs: 1_000 } });
  await blockAttempt(testEnvironment.db, { ...step, from: 'submitting', detail: 'the portal accepts neither the staged nor the current password' });
  await releaseLease(testEnvironment.db, { leaseId: answer.lease.id, orgId });
  if (portalHas !== undefined) await testEnvironment.portals.createAccount({ portal, username, password: portalHas });
  return { attemptId, orgId, loginIdentity, portal, username, slot };
}
