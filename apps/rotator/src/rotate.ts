import { randomUUID } from 'node:crypto';
import { parseReference, type SecretStore, type TenantStores } from '@rcm/credentials';
import { adoptAttempt, followStoreVersion, getOpenAttempt, planRotation, remainingBudget, resumeAttempt, type RotationAttempt } from '@rcm/db';
import { type HeldLease, holdLease, type LeaseTiming, type MigratedEndpoint, migratedEndpoint } from '@rcm/portal-access';
import { RcmError } from '@rcm/telemetry';
import type { AttemptInHand, RotatorServices } from './machine/attempt.ts';
import { journal } from './machine/journal.ts';
import { runAttempt } from './machine/run-attempt.ts';

export interface Rotator extends RotatorServices {
  readonly stores: TenantStores;
  readonly environment: string;
  readonly lease: LeaseTiming;
  /** Name of this process in the journal and on leases. */
  readonly owner: string;
}

export interface RotationRequest {
  readonly orgId: string;
  readonly endpointId: string;
  /** Why: `due`, `demand`, `recovery`. Kept in the journal. */
  readonly reason: string;
  readonly signal: AbortSignal;
}

export type RotationReport =
  | { readonly kind: 'attempt'; readonly attempt: RotationAttempt }
  /** Nothing was begun and nothing is open. */
  | { readonly kind: 'not_started'; readonly reason: string };

/** Failures the portal must still forgive before an attempt may start: a wrong guess while probing, and one more. */
const FAILURES_TO_START = 2;

/**
 * Rotates one login: goes on with its open attempt, or plans a new one, under the exclusive lease. Whatever happens on the way,
 * the journal and the staged copy say how to go on. Errors: `endpoint_unknown`, `secret_missing`, `lease_unavailable`,
 * `lease_lost`, `state_conflict` (somebody else goes on), `cancelled`, `database_unavailable`, `store_*`.
 */
export async function rotateLogin(rotator: Rotator, request: RotationRequest): Promise<RotationReport> {
  const endpoint = await migratedEndpoint(rotator.db, request);
  const held = await holdLease({
    db: rotator.db,
    clock: rotator.clock,
    logger: rotator.logger,
    orgId: endpoint.orgId,
    endpointId: endpoint.id,
    loginIdentity: endpoint.loginIdentity,
    holder: rotator.owner,
    kind: 'exclusive',
    timing: rotator.lease,
    signal: request.signal,
  });
  try {
    const open = await getOpenAttempt(rotator.db, { orgId: endpoint.orgId, loginIdentity: endpoint.loginIdentity });
    return open ? await resume(rotator, endpoint, held, open) : await start(rotator, endpoint, held, request);
  } finally {
    await held.release();
  }
}

async function start(rotator: Rotator, endpoint: MigratedEndpoint, held: HeldLease, request: RotationRequest): Promise<RotationReport> {
  if (endpoint.portalType.rotationMode !== 'automatic') return { kind: 'not_started', reason: `portal type ${endpoint.portalTypeCode} is rotated by hand` };
  // A job is a hint and may come twice: what was rotated while this one waited for its lease is not rotated again.
  if (request.reason === 'due' && (endpoint.nextRotationAt === null || endpoint.nextRotationAt > rotator.clock.now()))
    return { kind: 'not_started', reason: 'it is not due any more' };
  const budget = await remainingBudget(rotator.db, { orgId: endpoint.orgId, loginIdentity: endpoint.loginIdentity });
  if (budget.failuresLeft < FAILURES_TO_START)
    return { kind: 'not_started', reason: `the login has ${budget.failuresLeft} failures of budget left; a rotation starts with ${FAILURES_TO_START}` };

  const store = rotator.stores.forTenant(endpoint.orgId);
  const baseVersion = await currentVersion(rotator, endpoint, store, held);
  const planned = await journal(rotator, 'planned', () =>
    planRotation(rotator.db, {
      attemptId: randomUUID(),
      leaseId: held.lease.id,
      fence: held.lease.fence,
      endpointId: endpoint.id,
      orgId: endpoint.orgId,
      owner: rotator.owner,
      reason: request.reason,
      baseVersion,
      recipeHash: rotator.drivers.for(endpoint.portalType).hash,
    }),
  );
  if (planned.created) return drive(rotator, endpoint, held, store, planned.attempt, false);
  if (planned.open) return resume(rotator, endpoint, held, planned.open);
  throw new RcmError('lease_lost', 'The lease on the login ran out before the rotation was planned.', { details: { endpointId: endpoint.id } });
}

/** The version the rotation is planned on: the store's. Where a person changed it, the row follows first. */
async function currentVersion(rotator: Rotator, endpoint: MigratedEndpoint, store: SecretStore, held: HeldLease): Promise<string> {
  const current = await store.read(parseReference(endpoint.secretArn), { signal: held.signal });
  if (current === null)
    throw new RcmError('secret_missing', `The secret of endpoint ${endpoint.id} is not in its store.`, { details: { endpointId: endpoint.id } });
  const known = held.lease.currentVersion;
  if (current.version !== known) await followStoreVersion(rotator.db, { endpointId: endpoint.id, orgId: endpoint.orgId, from: known, to: current.version });
  return current.version;
}

async function resume(rotator: Rotator, endpoint: MigratedEndpoint, held: HeldLease, open: RotationAttempt): Promise<RotationReport> {
  const adopted = await journal(rotator, 'adopted', () =>
    adoptAttempt(rotator.db, { attemptId: open.id, orgId: open.orgId, fence: held.lease.fence, owner: rotator.owner }),
  );
  if (!adopted) throw new RcmError('state_conflict', 'Another rotator has taken over this attempt.', { details: { attemptId: open.id } });
  if (adopted.state === 'blocked') return { kind: 'attempt', attempt: adopted };
  let attempt = adopted;
  const waited = adopted.state === 'waiting';
  if (waited) {
    const state = await journal(rotator, 'resumed', () => resumeAttempt(rotator.db, { attemptId: adopted.id, orgId: adopted.orgId, fence: held.lease.fence }));
    if (state === null) return { kind: 'attempt', attempt: adopted };
    attempt = { ...adopted, state, waitingFrom: null, waitingUntil: null };
  }
  return drive(rotator, endpoint, held, rotator.stores.forTenant(endpoint.orgId), attempt, waited);
}

async function drive(
  rotator: Rotator,
  endpoint: MigratedEndpoint,
  held: HeldLease,
  store: SecretStore,
  attempt: RotationAttempt,
  waited: boolean,
): Promise<RotationReport> {
  const inHand: AttemptInHand = {
    services: rotator,
    endpoint,
    held,
    store,
    slot: {
      current: parseReference(attempt.secretArn),
      attemptId: attempt.id,
      tags: { TenantId: endpoint.orgId, Environment: rotator.environment, PortalType: endpoint.portalTypeCode },
    },
    attempt,
    // Found in `submitting` without having waited: the process that submitted is gone, the portal may still be at work.
    mayProbe: waited,
    stagedProven: false,
  };
  return { kind: 'attempt', attempt: await runAttempt(inHand) };
}
