import { recordMigrated } from '../legacy/migrate.ts';
import { createPortalTask } from '../tasks/queue.ts';
import { REQUESTER, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { listDueEndpoints } from './schedule.ts';

/** Who retires a login, and why. */
export const WHY = { actor: 'person:os:anna', reason: 'the hospital left us' };

/** What is done to logins that are retired, and what is written down of it, on a database that is opened later. */
export class Retiring {
  private readonly opened: () => TestDatabase;
  constructor(opened: () => TestDatabase) {
    this.opened = opened;
  }

  task(on: TestEndpoint): ReturnType<typeof createPortalTask> {
    return createPortalTask(this.opened().agent, { ...on, name: 'claim_status', input: {}, requester: REQUESTER });
  }

  eventsOf(subject: string): Promise<{ readonly action: string; readonly actor: string; readonly reason: string; readonly details: object }[]> {
    return this.opened().sql('SELECT action, actor, reason, details FROM audit_event WHERE subject = $1 ORDER BY seq', [subject]);
  }

  async due(on: TestEndpoint): Promise<boolean> {
    return (await listDueEndpoints(this.opened().rotator, { limit: 1000 })).some(({ id }) => id === on.endpointId);
  }

  /** Names its secret again, as the migrator does once it has read it. */
  named(on: TestEndpoint): ReturnType<typeof recordMigrated> {
    return recordMigrated(this.opened().db, { ...on, version: '2', fingerprint: 'f' });
  }
}
