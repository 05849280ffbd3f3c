import { randomUUID } from 'node:crypto';
import { parseReference, type SecretStore, type TenantStores } from '@rcm/credentials';
import {
  adoptAttempt,
  followStoreVersion,
  getOpenAttempt,
  JOURNAL_VERSION,
  planRotation,
  restLogin,
  resumeAttempt,
  type RotationAttempt,
  type StartRules,
} from '@rcm/db';
import { type HeldLease, holdLease, type LeaseTiming, type MigratedEndpoint, migratedEndpoint } from '@rcm/portal-access';
import { RcmError } from '@rcm/telemetry';
import type { AttemptInHand, RotatorServices } from './machine/attempt.ts';
import { RESTORED } from './acts/submit-change.ts';
import { journal } from './machine/journal.ts';
import { forgottenCopy, madeByForgottenRotation } from './machine/restored.ts';
import { runAttempt } from './machine/run-attempt.ts';
import { type NotStarted, notStarted, refusedBy, whyNotStart } from './starting.ts';

export interface Rotator extends RotatorServices {
  readonly stores: TenantStores;
  readonly environment: string;
  readonly lease: LeaseTiming;
  /** What may hold a start back. */
  readonly rules: StartRules;
  /** Name of this process in the journal and on leases. */
  readonly owner: string;
}

export interface RotationRequest {
  readonly orgId: string;
  readonly endpointId: string;
  /** Why: `due`, `demand`, `compromise`, `rollback`, `recovery`. Kept in the journal. */
  readonly reason: string;
  /** For a rollback: the version whose password is chosen again. */
  readonly chosenVersion?: string;
  readonly signal: AbortSignal;
}

/** An attempt as far as it came, or why there is none. */
export type RotationReport = { readonly kind: 'attempt'; readonly attempt: RotationAttempt } | NotStarted;

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
    if (open) return await resume(rotator, endpoint, held, open);
    // Read again: while this one waited for its lease, another rotator may have rotated the login.
    return await start(rotator, await migratedEndpoint(rotator.db, request), held, request);
  } finally {
    await held.release();
  }
}

async function start(rotator: Rotator, endpoint: MigratedEndpoint, held: HeldLease, request: RotationRequest): Promise<RotationReport> {
  // What there was to recover has ended meanwhile.
  if (request.reason === 'recovery') return notStarted('rotation_refused', 'no attempt of this login is open');
  const whyNot = await whyNotStart(rotator, endpoint, request.reason);
  if (whyNot) return whyNot;

  const store = rotator.stores.forTenant(endpoint.orgId);
  const current = await store.read(parseReference(endpoint.secretArn), { signal: held.signal });
  if (current === null)
    throw new RcmError('secret_missing', `The secret of endpoint ${endpoint.id} is not in its store. Nothing was changed.`, {
      details: { endpointId: endpoint.id },
    });
  if (current.version !== held.lease.currentVersion) {
    const isForgotten = await madeByForgottenRotation(rotator.db, endpoint.orgId, current);
    if (isForgotten) await rest(rotator, endpoint, held, current.version);
    await followStoreVersion(rotator.db, { endpointId: endpoint.id, orgId: endpoint.orgId, from: held.lease.currentVersion, to: current.version });
    if (isForgotten)
      return notStarted('rotation_refused', 'the database was restored to an earlier hour; the store wins, and nobody logs in for one lockout window');
  }
  const forgotten = await forgottenCopy(rotator.db, store, parseReference(endpoint.secretArn), held.signal);
  if (forgotten !== null) await rest(rotator, endpoint, held, current.version);
  const planned = await journal(rotator, 'planned', () =>
    planRotation(rotator.db, {
      attemptId: forgotten ?? randomUUID(),
      leaseId: held.lease.id,
      fence: held.lease.fence,
      endpointId: endpoint.id,
      orgId: endpoint.orgId,
      owner: rotator.owner,
      reason: forgotten === null ? request.reason : RESTORED,
      baseVersion: current.version,
      recipeHash: rotator.drivers.for(endpoint.portalType).hash,
      rules: rotator.rules,
      ...(request.chosenVersion === undefined ? {} : { chosenVersion: request.chosenVersion }),
    }),
  );
  if (planned.created) return drive(rotator, endpoint, held, store, planned.attempt, false);
  if (planned.open) return resume(rotator, endpoint, held, planned.open);
  if (planned.refusal) return refusedBy(planned.refusal, endpoint.portalTypeCode);
  throw new RcmError('lease_lost', 'The lease on the login ran out before the rotation was planned.', { details: { endpointId: endpoint.id } });
}

/** The ledger lets nobody log in for one lockout window: what was tried before the database was restored is not known. */
function rest(rotator: Rotator, endpoint: MigratedEndpoint, held: HeldLease, version: string): Promise<void> {
  rotator.logger.error(
    { endpointId: endpoint.id },
    'the database was restored to an earlier hour: the store is ahead of it; nobody logs in for one lockout window',
  );
  return restLogin(rotator.db, {
    orgId: endpoint.orgId,
    endpointId: endpoint.id,
    leaseId: held.lease.id,
    version,
    actor: 'rotator',
    forMs: endpoint.portalType.lockoutWindowSeconds * 1000,
  });
}

async function resume(rotator: Rotator, endpoint: MigratedEndpoint, held: HeldLease, open: RotationAttempt): Promise<RotationReport> {
  const adopted = await journal(rotator, 'adopted', () =>
    adoptAttempt(rotator.db, { attemptId: open.id, orgId: open.orgId, fence: held.lease.fence, owner: rotator.owner }),
  );
  if (!adopted) throw new RcmError('state_conflict', 'Another rotator has taken over this attempt.', { details: { attemptId: open.id } });
  // A journal of another version is left alone: a rotator that knows it goes on.
  if (adopted.state === 'blocked' || adopted.journalVersion !== JOURNAL_VERSION) return { kind: 'attempt', attempt: adopted };
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
