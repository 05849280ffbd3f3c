import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { createPortalTask, getPortalTask } from '@rcm/db/tasks';
import { hasCode } from '@rcm/telemetry';
import type { EnvironmentEndpoint, TestEnvironment } from '@rcm/test-environment';
import { expect } from 'vitest';

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

export interface TaskOfLogin {
  readonly login: EnvironmentEndpoint;
  readonly taskId: string;
  /** For what it may be put off, and then it is not waited for. Default: nothing. */
  readonly unless?: string;
}

/** How a task ended, however long it takes: `succeeded`, or why it failed. */
export async function endOf(db: Database, { login, taskId, unless }: TaskOfLogin): Promise<string> {
  for (;;) {
    const task = await getPortalTask(db, { orgId: login.orgId, taskId });
    if (unless !== undefined && task?.requeueReason === unless) return unless;
    if (task?.state === 'succeeded') return 'succeeded';
    if (task?.state === 'failed') return task.errorCode ?? '';
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** A person stores another password, and tells nobody. */
export async function save(testEnvironment: TestEnvironment, { orgId, secretArn }: EnvironmentEndpoint, password: string): Promise<void> {
  const [store, reference] = [testEnvironment.stores.forTenant(orgId), parseReference(secretArn)];
  const current = await store.read(reference);
  if (!current) throw new Error('the secret is gone');
  await store.replace(reference, serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, password }))), current.version);
}

/** How often each login was tried at its portal, by the portal's own record. */
export const triesAtPortals = async (testEnvironment: TestEnvironment) =>
  Object.fromEntries(
    await Promise.all(testEnvironment.endpoints.map(async (login) => [login.id, (await testEnvironment.portals.history(login)).tries.length] as const)),
  );

/** By the portal's own record alone; `most`: how many failures of an account are ours to spend. */
export async function expectNobodyLocked(testEnvironment: TestEnvironment, most: number): Promise<void> {
  for (const login of testEnvironment.endpoints) {
    const counted = await testEnvironment.portals.account(login.portal, login.username);
    expect([login.id, counted]).toMatchObject([login.id, { locked: false, accountsLocked: 0 }]);
    expect(counted.mostFailures, login.id).toBeLessThanOrEqual(most);
  }
}
