import { REQUESTER, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { claimNextPortalTask, finishPortalTask } from './claim.ts';
import { createPortalTask } from './queue.ts';

/** Limits of a portal that takes one session of each account, and any number of tasks; `more`: what it has otherwise. */
export const portal = (more: object = {}) => ({ maxSessionsPerAccount: 1, maxTaskConcurrency: null, ...more });

/** The queue of tasks as an agent uses it, on a database that is opened later. */
export class Queue {
  private readonly opened: () => TestDatabase;
  constructor(opened: () => TestDatabase) {
    this.opened = opened;
  }

  /** Straight into the table: a thousand of them by way of the queue would take a minute. */
  async many(endpoint: TestEndpoint, count: number): Promise<void> {
    await this.opened().sql(
      `INSERT INTO portal_task (id, org_id, endpoint_id, name, not_before) SELECT gen_random_uuid(), $1, $2, 'n', now() - interval '1 h' + n * interval '1 ms' FROM generate_series(1, $3) n`,
      [endpoint.orgId, endpoint.endpointId, count],
    );
  }

  /** For any account of the endpoint's tenant at a portal. */
  at(endpoint: TestEndpoint, code: string): ReturnType<typeof createPortalTask> {
    return createPortalTask(this.opened().agent, { orgId: endpoint.orgId, portalTypeCode: code, name: 'n', input: {}, requester: REQUESTER });
  }

  next(worker = 'w'): ReturnType<typeof claimNextPortalTask> {
    return claimNextPortalTask(this.opened().agent, { worker, ttlMs: 60_000 });
  }

  async end(task: { readonly id: string; readonly orgId: string; readonly worker: string | null }): Promise<void> {
    await finishPortalTask(this.opened().agent, { taskId: task.id, orgId: task.orgId, worker: task.worker ?? '', result: { found: false, rows: [] } });
  }
}
