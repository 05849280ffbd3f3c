import { listOpenAttempts, listStartable, setNextRotation } from '@rcm/db/rotation';
import { isLongForm } from '@rcm/test-services';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rotateAndReport } from '../schedule/rotation-outcome.ts';
import { stopFailingPortalTypes } from '../schedule/failing-portal-types.ts';
import { MINUTE, openRowEnvironment, type RowEnvironment } from './row-environment.fixture.ts';

let row: RowEnvironment;
beforeAll(async () => void (row = await openRowEnvironment()));
afterAll(() => row?.close());

const { signal } = new AbortController();
/** Longer than the breaker looks back. */
const STEP = 12 * MINUTE;

/** What a rotator's loops do in one turn. */
async function turn(): Promise<void> {
  await stopFailingPortalTypes(row.patient);
  for (const { orgId, endpointId } of await listOpenAttempts(row.patient.db, { ownerGone: true, limit: 100 }))
    await rotateAndReport(row.patient, { orgId, endpointId, reason: 'recovery', signal });
  const [due] = await listStartable(row.patient.db, { rules: row.patient.rules, limit: 1 });
  if (due) await rotateAndReport(row.patient, { orgId: due.orgId, endpointId: due.endpointId, reason: 'due', signal });
}

it.runIf(isLongForm())('a portal that loses every change, slowly, is not tried at every account, and each has its password (in the long form)', async () => {
  const logins = await Promise.all(Array.from({ length: 11 }, () => row.testEnvironment.addEndpoint('alpine')));
  const [canary, ...others] = logins;
  if (!canary) throw new Error('no login');
  // The day's first gets through; then the portal breaks.
  await row.rotateDue(canary.id);
  expect(await row.history(canary.id)).toMatchObject({ passwordsChanged: 1 });
  await row.testEnvironment.portals.setFault({ portal: 'alpine', fault: '500_before_commit' });
  await setNextRotation(row.testEnvironment.db, { endpointIds: others.map(({ id }) => id), at: 'now' });
  for (let passed = 0; passed < 120 * MINUTE; passed += STEP) {
    await turn();
    await row.pass(STEP);
  }
  let tried = 0;
  for (const { id } of others) {
    const { tries, passwordsChanged } = await row.history(id);
    expect(passwordsChanged).toBe(0);
    expect(await row.holdsAccepted(id)).toBe(true);
    if (tries.some(({ by }) => by === 'visitor')) tried += 1;
  }
  expect(tried).toBeLessThan(others.length);
});
