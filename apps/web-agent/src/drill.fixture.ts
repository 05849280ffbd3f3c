import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Database } from '@rcm/db';
import { createPortalTask } from '@rcm/db/tasks';
import { hasCode } from '@rcm/telemetry';
import type { EnvironmentEndpoint, TestEnvironment } from '@rcm/test-environment';

/** Asks for one task at a login; its id. */
export async function askForTask(db: Database, { orgId, id }: EnvironmentEndpoint): Promise<string> {
  const requester = { kind: 'terminal', name: 'test@host' } as const;
  const asked = { orgId, endpointId: id, name: 'claim_status', input: { claim_number: 'CLM-1001' }, requester, reason: 'drill' };
  return (await createPortalTask(db, asked)).taskId;
}

/** A rotator that dies when the first change of this login's password has reached the portal. */
export async function dieAfterChange(rotator: ChildProcess, testEnvironment: TestEnvironment, { portal, username }: EnvironmentEndpoint): Promise<void> {
  const ended = once(rotator, 'close');
  while ((await testEnvironment.portals.account(portal, username)).passwordsChanged === 0) {
    if (rotator.exitCode !== null) throw new Error('the rotation ended before its change');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  rotator.kill('SIGKILL');
  await ended;
}

/** The database of a drill's test environment goes with its server, and cannot be dropped then; whatever else does not close is a failure. */
export async function closeDrilled(testEnvironment: TestEnvironment | undefined): Promise<void> {
  await testEnvironment?.close().catch((error: unknown) => {
    if (!hasCode(error, 'database_unavailable') && (error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error;
  });
}
