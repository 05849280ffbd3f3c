import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { openDatabase } from '@rcm/db';
import { holdLease } from '@rcm/db/holding';
import { advanceAttempt, finishAttempt, planRotation, promoteAttempt } from '@rcm/db/rotation';
import { type RotationOutcome, type RotationRequest, type Rotator, startService, stopFailingPortalTypes } from '@rcm/rotator';
import { createLogger, createMetrics, processName, systemClock } from '@rcm/telemetry';

/**
 * A rotator as its own process has it, but at portals that are nowhere: the schedule, the lease and each step of the journal are the product's, and between
 * `submitting` and `applied` it sleeps. Prints when each rotation began and ended, in ms since 1970.
 *
 * Arguments: slots, ms of a portal (each takes between half and one and a half of it).
 */
const [slots = 1, portalMs = 1_000] = process.argv.slice(2).map(Number);
const db = openDatabase({ url: process.env.RCM_DATABASE_URL ?? '', applicationName: 'bench rotator', role: 'rcm_rotator' });
const metrics = createMetrics();
const rotator = {
  ...{ db, clock: systemClock, logger: createLogger({ name: 'rotator', level: 'warn' }), metrics, owner: processName('rotator') },
  ...{ lease: { ttlMs: 60_000, waitMs: 30_000, pollMs: 200 }, rules: { canary: true, probeMs: 900_000, lastingMs: 60_000 } },
  breaker: { windowMs: 600_000, suspects: 3, failures: 3 },
} as unknown as Rotator;

async function rotate(_: Rotator, { orgId, endpointId, signal }: RotationRequest): Promise<RotationOutcome> {
  const begun = Date.now();
  const loginIdentity = createHash('sha256').update(endpointId).digest('hex');
  const secretArn = `arn:aws:ssm:us-east-1:123456789012:parameter/rcm/bench/${orgId}/endpoints/${endpointId}/${endpointId.replace('endpoint', 'account')}`;
  const held = await holdLease({
    ...rotator,
    orgId,
    endpointId,
    loginIdentity,
    secretArn,
    holder: rotator.owner,
    kind: 'exclusive',
    timing: rotator.lease,
    signal,
  });
  try {
    const attemptId = randomUUID();
    const { fence, id: leaseId } = held.lease;
    const plan = {
      attemptId,
      leaseId,
      fence,
      endpointId,
      orgId,
      owner: rotator.owner,
      reason: 'due' as const,
      baseVersion: '1',
      recipeHash: 'h',
      rules: rotator.rules,
    };
    const planned = await planRotation(db, plan);
    if (!planned.created) return { endpointId, result: 'not_started', attemptId: null, code: null, detail: null };
    const step = { attemptId, orgId, fence };
    await advanceAttempt(db, { ...step, from: 'planned', to: 'staged' });
    await advanceAttempt(db, { ...step, from: 'staged', to: 'submitting', set: { submitDeadlineMs: 30_000 } });
    await systemClock.sleep(portalMs * (0.5 + Math.random()));
    await advanceAttempt(db, { ...step, from: 'submitting', to: 'applied' });
    await advanceAttempt(db, { ...step, from: 'applied', to: 'verified' });
    await promoteAttempt(db, { ...step, promotedVersion: '2', previousVersion: '1' });
    await finishAttempt(db, { ...step, from: 'promoted', end: 'done' });
    return { endpointId, result: 'done', attemptId, code: null, detail: null };
  } finally {
    await held.release();
    process.stdout.write(`${begun} ${Date.now()}\n`);
  }
}

const service = startService({
  ...{ rotator, metrics, concurrency: slots, scanMs: 60_000, recoveryMs: 3_600_000, chores: [] },
  beforeScan: () => stopFailingPortalTypes(rotator),
  rotate: (to, request) =>
    rotate(to, request).catch((error: unknown) => {
      rotator.logger.error({ err: error }, 'a rotation failed');
      return { endpointId: request.endpointId, result: 'failed', attemptId: null, code: 'unexpected', detail: null } as const;
    }),
});
await once(process, 'SIGTERM');
await service.stop(120_000);
await db.close();
