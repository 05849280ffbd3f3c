import { randomUUID } from 'node:crypto';
import { parsePayload, parseReference, serializePayload, type StoredSecret, withPassword } from '@rcm/credentials';
import { acquireExclusiveLease, releaseLease } from '@rcm/db/leases';
import { advanceAttempt, finishAttempt, planRotation, promoteAttempt } from '@rcm/db/rotation';
import { Secret } from '@rcm/telemetry';
import type { World, WorldEndpoint } from '@rcm/test-world';

/** A rotation as portal, store and journal know it when it is done; without a browser, since who reads asks only these. */
export async function rotateWithoutBrowser(world: World, endpoint: WorldEndpoint, password: string): Promise<void> {
  const { id: endpointId, orgId, portal, username } = endpoint;
  const store = world.stores.forTenant(orgId);
  const reference = parseReference(endpoint.secretArn);
  const answer = await acquireExclusiveLease(world.db, { orgId, endpointId, holder: 'test', ttlMs: 60_000, wantMs: 1_000 });
  if (!answer.granted) throw new Error(`the login is not free: ${answer.reason}`);
  const { id: leaseId, fence } = answer.lease;
  const current = await currentOf(world, endpoint);
  const attemptId = randomUUID();
  const plan = { attemptId, leaseId, fence, endpointId, orgId, owner: 'test', reason: 'due', baseVersion: current.version, recipeHash: 'hash' } as const;
  if (!(await planRotation(world.db, plan)).created) throw new Error('the rotation was not planned');
  const tags = { TenantId: orgId, Environment: world.environmentName, PortalType: portal };
  const counter = (parsePayload(current.text).reveal().metadata?.rotation_counter ?? 0) + 1;
  const text = serializePayload(withPassword(parsePayload(current.text), { password: new Secret(password), attemptId, counter, now: new Date() }));
  await store.stage({ current: reference, attemptId, tags }, text);
  const step = { attemptId, orgId, fence };
  await advanceAttempt(world.db, { ...step, from: 'planned', to: 'staged' });
  await advanceAttempt(world.db, { ...step, from: 'staged', to: 'submitting', set: { submitDeadlineMs: 1 } });
  await world.portals.createAccount({ portal, username, password });
  await advanceAttempt(world.db, { ...step, from: 'submitting', to: 'verified', set: { found: 'staged' } });
  const promoted = await store.promote({ current: reference, attemptId, tags }, current.version);
  await promoteAttempt(world.db, { ...step, promotedVersion: promoted.version, previousVersion: current.version });
  await finishAttempt(world.db, { ...step, from: 'promoted', end: 'done' });
  await releaseLease(world.db, { leaseId, orgId });
}

export async function currentOf(world: World, { orgId, secretArn }: WorldEndpoint): Promise<StoredSecret> {
  const current = await world.stores.forTenant(orgId).read(parseReference(secretArn));
  if (!current) throw new Error('the secret is gone');
  return current;
}
