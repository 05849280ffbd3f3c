import { parsePayload, serializePayload } from '@rcm/credentials';
import { getOpenAttempt } from '@rcm/db/rotation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockedLogin } from '../blocked.fixture.ts';
import { callRotator } from '../process.fixture.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';

let opened: RotatorEnvironment;
let environment: Record<string, string>;

beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: ['alpine', 'alpine'], portalType: { propagationDelayMs: 200 } });
  environment = {
    ...opened.testEnvironment.environmentOf('rcm_rotator'),
    RCM_TENANT_ROLE_ARN: opened.testEnvironment.aws.tenantRoleArn('rotator'),
    RCM_HEALTH_PORT: '0',
    RCM_LOG_LEVEL: 'error',
    RCM_LEASE_WAIT_MS: '10000',
  };
});
afterAll(() => opened?.close());

const blocked = (id: string) => blockedLogin(opened, id);
const resolve = (id: string, ...parameters: string[]) =>
  callRotator(['resolve', '--endpoint', id, '--json', '--reason', 'the portal’s support said so', ...parameters], environment);

describe('a blocked login of which a person’s word is all there is', () => {
  it('does not say that the portal accepts the current password where a person’s word is all there is', async () => {
    const { attemptId, portal, username } = await blocked('alpine-1');
    const tries = async () => (await opened.testEnvironment.portals.history({ portal, username })).tries.length;
    const before = await tries();
    const seen = (await resolve('alpine-1', '--accept', 'current', '--dry-run')).json<{ secretVersion: string }>().secretVersion;
    const end = await resolve('alpine-1', '--accept', 'current', '--unverified', '--seen', seen);
    expect([end.code, end.json()]).toEqual([0, { endpointId: 'alpine-1', attemptId, resolved: 'current', proved: false }]);
    expect(await tries()).toBe(before);
  });

  it('stays blocked where the secret has another version than the person has looked at, or they say of none that they have', async () => {
    const { orgId, loginIdentity, slot } = await blocked('alpine-2');
    const store = opened.rotator.stores.forTenant(orgId);
    const looked = await store.read(slot.current);
    if (!looked) throw new Error('no secret');
    const another = serializePayload(parsePayload(looked.text).map((payload) => ({ ...payload, password: 'Of-Nobody-Who-Looked-1' })));
    await store.replace(slot.current, another, looked.version);
    const word = ['--accept', 'current', '--unverified'];
    const [moved, blind] = [await resolve('alpine-2', ...word, '--seen', looked.version), await resolve('alpine-2', ...word)];
    expect([moved, blind].map((end) => [end.code, end.json<{ error: { code: string } }>().error.code])).toEqual([
      [1, 'store_conflict'],
      [2, 'input_invalid'],
    ]);
    expect((await getOpenAttempt(opened.testEnvironment.db, { orgId, loginIdentity }))?.state).toBe('blocked');
  });
});
