import { randomUUID } from 'node:crypto';
import { formatReference, type SecretReference, type TenantStores } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { releaseLease } from '@rcm/db/leases';
import { planRotation } from '@rcm/db/rotation';
import { Secret } from '@rcm/telemetry';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actsOn, type LoginActs } from '../commands/login-acts.fixture.ts';
import { setPortalType } from '../set-portal-type.fixture.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { detectManualChanges } from './detect-changes.ts';

let opened: RotatorEnvironment;
let acts: LoginActs;
beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  acts = actsOn(opened);
});
afterAll(() => opened?.close());

/** Who may log in by the portal's terms. */
const [PROGRAM, PERSON] = ['allowed', 'assisted'] as const;

/** One that a person rotates, and whose secret was looked at. `who` logs in there. */
async function watched(who: typeof PERSON | typeof PROGRAM = PROGRAM): Promise<EnvironmentEndpoint> {
  const at = await opened.testEnvironment.addEndpoint('alpine');
  await setPortalType(opened.testEnvironment, 'alpine', { rotationMode: 'manual', automation: who });
  expect(await lookAt(at)).toBe('unchanged');
  return at;
}
const looks = { reads: 100, dueMs: 0, idleMs: 0, signal: new AbortController().signal };
const lookAt = async ({ id }: EnvironmentEndpoint, rotator = opened.rotator) =>
  (await detectManualChanges(rotator, looks)).find(({ endpointId }) => endpointId === id)?.result;

it('nothing is judged while a rotation of the login is open, as where its portal became one that people rotate: no login is spent', async () => {
  const at = await watched();
  const { id: leaseId, fence } = await acts.exclusiveOf(at);
  const plan = { attemptId: randomUUID(), leaseId, fence, endpointId: at.id, orgId: at.orgId, owner: 'test', baseVersion: '1', recipeHash: 'hash' };
  expect((await planRotation(opened.testEnvironment.db, { ...plan, reason: 'due' })).created).toBe(true);
  await releaseLease(opened.testEnvironment.db, { leaseId, orgId: at.orgId });
  await acts.setAtPortal(at, 'Hand-Made-Pass-1!');
  await acts.edit(at, { password: 'Hand-Made-Pass-1!' });
  expect([await lookAt(at), await acts.triesOf(at)]).toEqual(['put_off', []]);
});

describe('another account that a person puts into the secret', () => {
  const rowOf = ({ orgId, id }: EnvironmentEndpoint) => getEndpoint(opened.testEnvironment.db, { orgId, endpointId: id });
  const recorded = ({ id }: EnvironmentEndpoint) => opened.audit('rotation.recorded', id);

  it.each([
    [PROGRAM, ['accepted']],
    [PERSON, []],
  ] as const)('is no rotation of the one before nor of itself, and the row follows, where programs are: %s', async (who, logins) => {
    const [at, other] = [await watched(who), await opened.testEnvironment.addEndpoint('alpine')];
    const before = await rowOf(at);
    await acts.edit(at, { username: other.username, password: await acts.passwordOf(other) });
    // The row follows first: nothing is asked in the name of the account before.
    expect([await lookAt(at), await acts.triesOf(at), await acts.triesOf(other)]).toEqual(['put_off', [], []]);
    expect(await rowOf(at)).toMatchObject({ loginIdentity: other.loginIdentity });
    expect([await lookAt(at), await lookAt(at)]).toEqual(['unchanged', 'unchanged']);
    const { nextRotationAt, lastRotatedAt } = before ?? {};
    expect(await rowOf(at)).toMatchObject({ nextRotationAt, lastRotatedAt, currentVersion: '2' });
    expect([await recorded(at), await acts.triesOf(other)]).toEqual([[], logins]);

    // A change of its own password is one.
    await acts.setAtPortal(other, 'Hand-Made-Pass-2!');
    await acts.edit(at, { password: 'Hand-Made-Pass-2!' });
    expect([await lookAt(at), (await recorded(at)).length]).toEqual(['recorded', 1]);
  });
});

it.each([PROGRAM, PERSON] as const)('what is no payload is told to people once, where programs are: %s', async (who) => {
  const at = await watched(who);
  const { stores } = opened.rotator;
  // Our stores write no such text: a person's own tool does.
  const broken: TenantStores = {
    close: () => stores.close(),
    forTenant(orgId) {
      const store = stores.forTenant(orgId);
      const isIts = (reference: SecretReference) => formatReference(reference) === at.secretArn;
      return {
        ...store,
        read: (reference, ...options) =>
          isIts(reference) ? Promise.resolve({ text: new Secret('{ "username": '), version: '2' }) : store.read(reference, ...options),
      };
    },
  };
  const look = () => lookAt(at, { ...opened.rotator, stores: broken });
  expect([await look(), await look(), await opened.audit('rotation.recorded', at.id)]).toEqual(['refused', 'unchanged', []]);
});
