import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { setNextRotation } from '../endpoints/schedule.ts';
import { advanceAttempt } from '../journal/advance.ts';
import type { AttemptReason } from '../journal/attempt.ts';
import { finishAttempt, promoteAttempt } from '../journal/ends.ts';
import { planRotation } from '../journal/open.ts';
import { requestRotation } from '../journal/request.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { exclusiveLease, makeEndpoint, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { listAdmissions } from './list.ts';
import type { StartRules } from './rules.ts';
import { listStartable } from './startable.ts';

export const RULES: StartRules = { canary: true, probeMs: 3_600_000, lastingMs: 60_000 };

interface Started {
  readonly attemptId: string;
  readonly fence: bigint;
  readonly leaseId: string;
}

let made = 0;

/** Rotations that want to begin, and how they end, on a database that is opened later. */
export class Starts {
  private readonly opened: () => TestDatabase;
  constructor(opened: () => TestDatabase) {
    this.opened = opened;
  }

  /** Endpoints of one portal type of its own, each of another organization, due since an hour ago. */
  async type(count: number, portal: object = {}): Promise<{ readonly code: string; readonly endpoints: readonly TestEndpoint[] }> {
    const { db } = this.opened();
    made += 1;
    const code = `gated-${made}`;
    const endpoints: TestEndpoint[] = [];
    for (let i = 0; i < count; i += 1)
      endpoints.push(await makeEndpoint(db, { orgId: `${code}-org-${i}`, endpointId: `${code}-${i}`, portal: { ...portal, code } }));
    await setNextRotation(db, { endpointIds: endpoints.map(({ endpointId }) => endpointId), at: new Date(Date.now() - 3_600_000) });
    return { code, endpoints };
  }

  /** `refusal`: why it was not let in. */
  async start(endpoint: TestEndpoint | undefined, reason: AttemptReason = 'due', rules = RULES): Promise<Started & { readonly refusal: string | null }> {
    const { rotator } = this.opened();
    if (!endpoint) throw new Error('no endpoint');
    const lease = await exclusiveLease(rotator, endpoint);
    const attemptId = randomUUID();
    const plan = { ...endpoint, attemptId, leaseId: lease.id, fence: lease.fence, owner: 'rotator', reason, baseVersion: '1', recipeHash: 'h', rules };
    const isAsked = reason === 'demand' || reason === 'compromise';
    const asked = isAsked ? await requestRotation(rotator, { ...endpoint, kind: reason, actor: 'person:os:jane', reason: 'r' }) : {};
    const planned = await planRotation(rotator, { ...plan, ...asked });
    if (!planned.created) await releaseLease(rotator, { leaseId: lease.id, orgId: endpoint.orgId });
    return { attemptId, fence: lease.fence, leaseId: lease.id, refusal: planned.created ? null : (planned.refusal ?? 'other') };
  }

  /** By the steps of a rotation that got through. */
  async finish(endpoint: TestEndpoint | undefined, started: Started): Promise<void> {
    const { rotator } = this.opened();
    const step = { attemptId: started.attemptId, orgId: endpoint?.orgId ?? '', fence: started.fence };
    await advanceAttempt(rotator, { ...step, from: 'planned', to: 'staged' });
    await advanceAttempt(rotator, { ...step, from: 'staged', to: 'submitting', set: { submitDeadlineMs: 1 } });
    await advanceAttempt(rotator, { ...step, from: 'submitting', to: 'applied' });
    await advanceAttempt(rotator, { ...step, from: 'applied', to: 'verified' });
    await promoteAttempt(rotator, { ...step, promotedVersion: '2', previousVersion: '1' });
    expect(await finishAttempt(rotator, { ...step, from: 'promoted', end: 'done' })).toBe(true);
  }

  abandon(endpoint: TestEndpoint | undefined, started: Started, outcome?: 'unproven'): ReturnType<typeof finishAttempt> {
    return finishAttempt(this.opened().rotator, {
      attemptId: started.attemptId,
      orgId: endpoint?.orgId ?? '',
      fence: started.fence,
      from: 'planned',
      end: 'abandoned',
      detail: 'x',
      ...(outcome ? { outcome } : {}),
    });
  }

  /** Which endpoints of a portal type may begin now. */
  async startable(code: string, rules = RULES): Promise<string[]> {
    return (await listStartable(this.opened().rotator, { rules, limit: 1000 })).filter((s) => s.portalTypeCode === code).map((s) => s.endpointId);
  }

  /** Why a portal type is stopped; `null`: it is not. */
  async breakerOf(code: string): Promise<string | null> {
    return (await listAdmissions(this.opened().rotator)).find((admission) => admission.portalTypeCode === code)?.breaker?.cause ?? null;
  }
}
