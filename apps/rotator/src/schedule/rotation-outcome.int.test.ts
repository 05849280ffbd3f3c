import type { TenantStores } from '@rcm/credentials';
import { listNotifications } from '@rcm/db/notifications';
import { listStartable, setNextRotation } from '@rcm/db/rotation';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { migratedEndpoint } from '@rcm/portal-access';
import type { RequestReason, Rotator } from '../rotator.ts';
import { whyNotStart } from '../starting.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { rotateAndReport } from './rotation-outcome.ts';

let opened: RotatorEnvironment;
const HOUR_MS = 3_600_000;

beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: ['alpine', 'alpine', 'alpine', 'cascade', 'cascade'], portalType: { maxConcurrency: 1 } });
});
afterAll(() => opened?.close());

const startable = async () => (await listStartable(opened.rotator.db, { rules: opened.rotator.rules, limit: 10 })).map(({ endpointId }) => endpointId);
/** What a login counts for whose account the portal has locked. */
const lock = (endpointId: string) => {
  const { loginIdentity, orgId } = opened.testEnvironment.endpoint(endpointId);
  return opened.sql(
    `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect)
     VALUES ($1, $2, $3, gen_random_uuid(), 'agent', '1', now(), now(), 'locked', 'none')`,
    [loginIdentity, orgId, endpointId],
  );
};
const rotate = (endpointId: string, reason: RequestReason, rotator: Rotator = opened.rotator) =>
  rotateAndReport(rotator, { orgId: opened.testEnvironment.endpoint(endpointId).orgId, endpointId, reason, signal: new AbortController().signal });

describe('a due login that cannot be rotated', () => {
  beforeAll(async () => {
    const at = (hours: number): Date => new Date(Date.now() - hours * HOUR_MS);
    await setNextRotation(opened.testEnvironment.db, { endpointIds: ['alpine-1'], at: at(3) });
    await setNextRotation(opened.testEnvironment.db, { endpointIds: ['alpine-2'], at: at(2) });
    await setNextRotation(opened.testEnvironment.db, { endpointIds: ['alpine-3'], at: at(1) });
    await opened.sql(`UPDATE integration_endpoint SET secret_arn = replace(secret_arn, 'alpine-1', 'alpine-77') WHERE id = 'alpine-1'`, []);
    await lock('alpine-2');
  });

  it('keeps its place where a person asked for it', async () => {
    expect(await rotate('alpine-1', 'demand')).toMatchObject({ result: 'failed', code: 'secret_missing' });
    expect(await startable()).toEqual(['alpine-1']);
  });

  it('keeps its place where its whole portal type is held back', async () => {
    await opened.sql(`UPDATE portal_type SET maintenance_windows = '{"daily 00:00-00:00"}' WHERE code = 'alpine'`, []);
    expect(await rotate('alpine-3', 'due')).toMatchObject({ result: 'not_started', detail: expect.stringContaining('maintenance') });
    await opened.sql(`UPDATE portal_type SET maintenance_windows = '{}' WHERE code = 'alpine'`, []);
    expect(await opened.sql(`SELECT next_rotation_at <= now() AS due FROM integration_endpoint WHERE id = 'alpine-3'`, [])).toEqual([{ due: true }]);
  });

  it('makes room for the next of its portal type, and people are told once of what does not pass by itself', async () => {
    expect(await rotate('alpine-1', 'due')).toMatchObject({ result: 'failed', code: 'secret_missing' });
    expect(await startable()).toEqual(['alpine-2']);
    expect(await rotate('alpine-2', 'due')).toMatchObject({ result: 'not_started', code: 'login_locked' });
    expect(await startable()).toEqual(['alpine-3']);
    const notifications = await listNotifications(opened.rotator.db, { limit: 100 });
    expect(notifications.map(({ kind, endpointId, detail }) => [kind, endpointId, detail])).toEqual([
      ['failed', 'alpine-1', 'it could not start: secret_missing'],
    ]);
  });
});

describe('a rotator whose clock is wrong', () => {
  afterEach(() => void vi.useRealTimers());

  it.each([
    ['slow', -2 * HOUR_MS],
    ['fast', 2 * HOUR_MS],
  ])('%s: starts what Postgres says is due, and nothing else', async (_, offMs) => {
    const endpoint = await migratedEndpoint(opened.rotator.db, { orgId: opened.testEnvironment.endpoint('alpine-3').orgId, endpointId: 'alpine-3' });
    const inAnHour = new Date(Date.now() + HOUR_MS);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offMs });
    await setNextRotation(opened.testEnvironment.db, { endpointIds: ['alpine-3'], at: 'now' });
    expect(await whyNotStart(opened.rotator, endpoint, 'due')).toBeNull();
    await setNextRotation(opened.testEnvironment.db, { endpointIds: ['alpine-3'], at: inAnHour });
    expect(await whyNotStart(opened.rotator, endpoint, 'due')).toMatchObject({ reason: 'it is not due any more' });
  });
});

describe('a login whose plaintext still lies in a row', () => {
  it('is refused to a person, too, with what ends that', async () => {
    const { orgId } = opened.testEnvironment.endpoint('alpine-3');
    const asked = async () => whyNotStart(opened.rotator, await migratedEndpoint(opened.rotator.db, { orgId, endpointId: 'alpine-3' }), 'demand');
    expect(await asked()).toBeNull();
    await opened.sql(`UPDATE integration_endpoint SET config = config || '{"credentials": {"username": "u", "password": "old"}}' WHERE id = 'alpine-3'`, []);
    expect(await asked()).toMatchObject({ code: 'rotation_refused', holds: 'login', reason: expect.stringContaining('old-readers-gone') });
    await opened.sql(`UPDATE integration_endpoint SET config = config - 'credentials' WHERE id = 'alpine-3'`, []);
    expect(await asked()).toBeNull();
  });
});

describe('the first rotation of the day', () => {
  it('that waits for its own account is not waited for: the next one goes first', async () => {
    await setNextRotation(opened.testEnvironment.db, { endpointIds: ['cascade-4', 'cascade-5'], at: 'now' });
    expect(await startable()).toContain('cascade-4');
    const { stores } = opened.rotator;
    /** A person mistypes the password while ours is being staged. */
    const lockedMeanwhile: TenantStores = {
      close: () => stores.close(),
      forTenant(orgId) {
        const store = stores.forTenant(orgId);
        return { ...store, stage: async (...parameters) => lock('cascade-4').then(() => store.stage(...parameters)) };
      },
    };
    expect(await rotate('cascade-4', 'due', { ...opened.rotator, stores: lockedMeanwhile })).toMatchObject({
      result: 'waiting',
      detail: 'no login was allowed: locked',
    });
    expect(await startable()).toContain('cascade-5');
  });
});

describe('a database that is away when the audit trail is to be written', () => {
  const open = () => opened.sql(`SELECT state FROM rotation_attempt WHERE endpoint_id = 'cascade-5' AND ended_at IS NULL`, []);
  const isDue = () => opened.sql(`SELECT next_rotation_at <= now() AS due FROM integration_endpoint WHERE id = 'cascade-5'`, []);

  it('is no failure of the rotation: it keeps its date, nothing was staged, and it goes on once the database is back', async () => {
    await setNextRotation(opened.testEnvironment.db, { endpointIds: ['cascade-5'], at: 'now' });
    await opened.sql(
      `CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'could not extend file' USING ERRCODE = '53100'; END $$`,
      [],
    );
    await opened.sql(`CREATE TRIGGER is_full BEFORE INSERT ON audit_event FOR EACH ROW WHEN (NEW.action = 'secret.stage') EXECUTE FUNCTION is_full()`, []);
    expect(await rotate('cascade-5', 'due')).toMatchObject({ result: 'put_off', code: 'audit_unavailable' });
    expect([await open(), await isDue()]).toEqual([[{ state: 'planned' }], [{ due: true }]]);
    await opened.sql('DROP FUNCTION is_full CASCADE', []);
    await lock('cascade-5');
    // As far as the lock lets it.
    expect(await rotate('cascade-5', 'recovery')).toMatchObject({ result: 'waiting', detail: 'no login was allowed: locked' });
  });
});
