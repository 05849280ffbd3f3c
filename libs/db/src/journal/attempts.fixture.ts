import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { makeEndpoint, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { advanceAttempt } from './advance.ts';
import type { AttemptState } from './attempt.ts';
import { getAttempt, planRotation } from './open.ts';

interface Planned extends TestEndpoint {
  readonly attemptId: string;
  readonly fence: bigint;
  readonly leaseId: string;
}

const PATH: readonly AttemptState[] = ['planned', 'staged', 'submitting', 'applied', 'verified'];

/** Attempts on a database that is opened later, each of a login of its own. */
export class Attempts {
  private readonly opened: () => TestDatabase;
  constructor(opened: () => TestDatabase) {
    this.opened = opened;
  }

  async planned(): Promise<Planned> {
    const t = this.opened();
    const endpoint = await makeEndpoint(t.db);
    return { ...endpoint, ...(await plannedAttempt(t.rotator, endpoint)) };
  }

  /** Walks an attempt to a state by the steps of the journal. */
  async at(state: AttemptState): Promise<Planned> {
    const attempt = await this.planned();
    for (let i = 1; i <= PATH.indexOf(state); i += 1) {
      const [from, to] = [PATH[i - 1] ?? 'planned', PATH[i] ?? 'planned'];
      const set = to === 'submitting' ? { submitDeadlineMs: 20_000 } : {};
      expect(await advanceAttempt(this.opened().rotator, { ...attempt, from, to, set })).toBe(true);
    }
    return attempt;
  }

  async stateOf({ attemptId }: Planned): Promise<AttemptState | undefined> {
    return (await getAttempt(this.opened().rotator, { attemptId }))?.state;
  }

  /** Plans one under a lease that is held already; `rest`: what is asked otherwise. */
  plan(endpoint: TestEndpoint, lease: { readonly id: string; readonly fence: bigint }, rest: object = {}): ReturnType<typeof planRotation> {
    return planRotation(this.opened().rotator, {
      attemptId: randomUUID(),
      leaseId: lease.id,
      fence: lease.fence,
      endpointId: endpoint.endpointId,
      orgId: endpoint.orgId,
      owner: 'rotator',
      reason: 'due',
      baseVersion: '1',
      recipeHash: 'h',
      ...rest,
    });
  }
}
