import { parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { listNotifications } from '@rcm/db/notifications';
import { getOpenAttempt, listAttempts } from '@rcm/db/rotation';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockedLogin, STAGED } from '../blocked.fixture.ts';
import { callRotator, runRotator } from '../process.fixture.ts';
import { dyingStores, openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { resolveCommand } from './resolve.ts';

let opened: RotatorEnvironment;
let environment: Record<string, string>;

beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: Array.from({ length: 14 }, () => 'alpine' as const), portalType: { propagationDelayMs: 200 } });
  environment = {
    ...opened.testEnvironment.environmentOf('rcm_rotator'),
    RCM_TENANT_ROLE_ARN: opened.testEnvironment.aws.tenantRoleArn('rotator'),
    RCM_HEALTH_PORT: '0',
    RCM_LOG_LEVEL: 'error',
    RCM_LEASE_WAIT_MS: '10000',
  };
  if (process.env.RCM_CHROMIUM_PATH) environment.RCM_CHROMIUM_PATH = process.env.RCM_CHROMIUM_PATH;
});
afterAll(() => opened?.close());

const blocked = (id: string, portalHas?: string) => blockedLogin(opened, id, portalHas);

const asked = (id: string, parameters: readonly string[]) => ['resolve', '--endpoint', id, '--json', '--reason', 'the portal’s support said so', ...parameters];
const resolve = (id: string, ...parameters: string[]) => callRotator(asked(id, parameters), environment);
/** As a process of its own: its log is looked at, or it runs beside another. */
const resolveApart = (id: string, ...parameters: string[]) => runRotator(asked(id, parameters), environment);

describe('a blocked login', () => {
  it('is told to people with what to do, once', async () => {
    const { attemptId } = await blocked('alpine-1');
    const notifications = (await listNotifications(opened.testEnvironment.db, { limit: 100 })).filter((notification) => notification.attemptId === attemptId);
    expect(notifications.map(({ kind }) => kind)).toEqual(['blocked']);
  });

  it('goes on with the current password once a login proved it; the audit trail has who and why before', async () => {
    const { attemptId, orgId, loginIdentity } = await blocked('alpine-2');
    const end = await resolve('alpine-2', '--accept', 'current', '--actor', 'jane');
    expect([end.code, end.json()]).toEqual([0, { endpointId: 'alpine-2', attemptId, resolved: 'current', proved: true }]);
    expect(await getOpenAttempt(opened.testEnvironment.db, { orgId, loginIdentity })).toBeNull();
    expect((await getEndpoint(opened.testEnvironment.db, { orgId, endpointId: 'alpine-2' }))?.rotationStatus).toBe('active');
    const [event] = await opened.audit('rotation.resolve', 'alpine-2');
    expect(event).toMatchObject({
      actor: expect.stringMatching(/^person:sts:\S+ says jane$/),
      reason: 'the portal’s support said so',
      details: { attemptId, accept: 'current', proof: 'login' },
    });
  });

  it('stays blocked, with nothing changed, where the portal does not accept what the person says', async () => {
    const { attemptId, orgId, loginIdentity, portal, username, slot } = await blocked('alpine-3');
    const before = await opened.testEnvironment.portals.account(portal, username);
    const end = await resolve('alpine-3', '--accept', 'staged');
    expect([end.code, end.json<{ error: { code: string } }>().error.code]).toEqual([1, 'login_rejected']);
    expect((await getOpenAttempt(opened.testEnvironment.db, { orgId, loginIdentity }))?.state).toBe('blocked');
    expect((await opened.testEnvironment.portals.account(portal, username)).loginsRejected).toBe(before.loginsRejected + 1);
    expect(await opened.testEnvironment.portalAcceptsStore('alpine-3')).toBe(true);
    expect(await opened.rotator.stores.forTenant(orgId).listStaged(slot.current)).toEqual([attemptId]);
    // Insisting counts against the account's budget, and ends before the portal would lock it.
    const codes = [await resolve('alpine-3', '--accept', 'staged'), await resolve('alpine-3', '--accept', 'staged')].map(
      (again) => again.json<{ error: { code: string } }>().error.code,
    );
    expect(codes).toEqual(['login_rejected', 'login_not_allowed']);
    expect(await opened.testEnvironment.portals.account(portal, username)).toMatchObject({ loginsRejected: before.loginsRejected + 2, locked: false });
  });

  it('goes on with the staged password: it becomes current, and only one login was spent on the proof', async () => {
    const { attemptId, portal, username } = await blocked('alpine-4', STAGED);
    const end = await resolveApart('alpine-4', '--accept', 'staged');
    // What is said at each start as root is no error.
    const errors = end.stderr.split('\n').filter((line) => line !== '' && (JSON.parse(line) as { readonly level: number }).level > 40);
    expect([end.code, errors]).toEqual([0, []]);
    expect(await opened.testEnvironment.portalAcceptsStore('alpine-4')).toBe(true);
    expect(await opened.testEnvironment.portals.account(portal, username)).toMatchObject({ loginsAccepted: 1, loginsRejected: 0, passwordsChanged: 0 });
    const states = (await listAttempts(opened.testEnvironment.db, { limit: 100 }))
      .filter((a) => a.endpointId === 'alpine-4')
      .map(({ id, state, reason }) => [id === attemptId, state, reason]);
    expect(states).toEqual([
      [false, 'done', 'resolve'],
      [true, 'abandoned', 'due'],
    ]);
  });

  it('puts no password of the account that is blocked into a secret that names another one by now', async () => {
    const { orgId, slot } = await blocked('alpine-14', STAGED);
    const store = opened.rotator.stores.forTenant(orgId);
    const current = await store.read(slot.current);
    if (!current) throw new Error('no secret');
    const theirs = serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, username: 'somebody-else', password: 'Of-Somebody-Else-1' })));
    await store.replace(slot.current, theirs, current.version);
    for (const proof of [[], ['--unverified']]) {
      const end = await resolve('alpine-14', '--accept', 'staged', ...proof);
      expect([end.code, end.json()]).toMatchObject([1, { error: { code: 'state_conflict' } }]);
    }
    expect((await store.read(slot.current))?.text.reveal()).toBe(theirs.reveal());
  });

  it('goes on with a typed password, which comes by stdin and is shown nowhere', async () => {
    const typed = 'Typed-By-Person-9';
    await blocked('alpine-5', typed);
    const end = await runRotator(
      ['resolve', '--endpoint', 'alpine-5', '--json', '--reason', 'reset by phone', '--accept', 'typed'],
      { ...environment, RCM_LOG_LEVEL: 'trace' },
      `${typed}\n`,
    );
    expect([end.code, await opened.testEnvironment.portalAcceptsStore('alpine-5')]).toEqual([0, true]);
    expect(end.stdout + end.stderr).not.toContain(typed);
  });

  it.each([
    ['the staged one', 'alpine-11', STAGED, 1],
    ['the current one, as before', 'alpine-12', undefined, 1],
  ])('finds by itself which stored password the portal accepts: %s', async (_, id, portalHas, rejectedAtMost) => {
    const { orgId, loginIdentity, portal, username } = await blocked(id, portalHas);
    const before = await opened.testEnvironment.portals.account(portal, username);
    const end = await resolve(id, '--accept', 'found');
    expect(end.code, end.stdout).toBe(0);
    expect(await opened.testEnvironment.portalAcceptsStore(id)).toBe(true);
    expect(await getOpenAttempt(opened.testEnvironment.db, { orgId, loginIdentity })).toBeNull();
    const after = await opened.testEnvironment.portals.account(portal, username);
    expect(after.loginsRejected - before.loginsRejected).toBeLessThanOrEqual(rejectedAtMost);
    expect(after).toMatchObject({ locked: false, passwordsChanged: 0 });
    expect((await opened.audit('rotation.resolve', id))[0]).toMatchObject({ details: { accept: 'found' } });
  });

  it('stays blocked where no stored password is found, and the search stays inside the budget', async () => {
    const { orgId, loginIdentity, portal, username } = await blocked('alpine-13', 'Nobody-stored-it-1');
    const before = await opened.testEnvironment.portals.account(portal, username);
    const current = await opened.rotator.stores.forTenant(orgId).read(parseReference(opened.testEnvironment.endpoint('alpine-13').secretArn));
    const ends = [await resolve('alpine-13', '--accept', 'found'), await resolve('alpine-13', '--accept', 'found')];
    for (const end of ends) expect([end.code, end.json<{ error: { code: string } }>().error.code]).toEqual([1, 'login_not_allowed']);
    expect((await getOpenAttempt(opened.testEnvironment.db, { orgId, loginIdentity }))?.state).toBe('blocked');
    const after = await opened.testEnvironment.portals.account(portal, username);
    expect([after.loginsRejected - before.loginsRejected, after.locked]).toEqual([2, false]);
    const now = await opened.rotator.stores.forTenant(orgId).read(parseReference(opened.testEnvironment.endpoint('alpine-13').secretArn));
    expect(now?.version).toBe(current?.version);
  });

  it('takes a person’s word where no login may be spent, and only if they say so', async () => {
    const typed = 'Typed-Unverified-3';
    await blocked('alpine-6', typed);
    const end = await callRotator(
      ['resolve', '--endpoint', 'alpine-6', '--json', '--reason', 'reset', '--accept', 'typed', '--unverified'],
      environment,
      `${typed}\n`,
    );
    expect([end.code, await opened.testEnvironment.portalAcceptsStore('alpine-6')]).toEqual([0, true]);
    expect((await opened.testEnvironment.portals.account('alpine', opened.testEnvironment.endpoint('alpine-6').username)).loginsAccepted).toBe(0);
  });

  it('costs no lockout window where `resolve` was killed between staging and the journal: the copy it left is known', async () => {
    const id = 'alpine-10';
    const { slot } = await blocked(id);
    const { rotator, testEnvironment } = opened;
    const dying = { ...rotator, stores: dyingStores(rotator.stores, 'stage', 'after') };
    // Only what `resolve` uses of the process; the rest of it is the real one's.
    const context = { opened: { ...opened.process, rotator: dying }, json: true, signal: new AbortController().signal };
    const options = { endpointId: id, accept: 'staged', proof: 'unverified', seen: null, dryRun: false, actor: 'person:os:test', reason: 'x' } as const;
    await expect(resolveCommand(context, options)).rejects.toThrow('died after stage');
    expect(await rotator.stores.forTenant(slot.tags.TenantId).listStaged(slot.current)).toHaveLength(2);
    expect((await resolve(id, '--accept', 'current')).code).toBe(0);
    const report = await opened.untilEnded(id);
    expect(report).toMatchObject({ kind: 'attempt', attempt: { state: 'done', reason: 'demand' } });
    expect(await testEnvironment.portalAcceptsStore(id)).toBe(true);
    const logins = await opened.sql<{ line: string }>(
      `SELECT concat_ws(' ', actor, outcome) AS line FROM login_attempt WHERE endpoint_id = $1 ORDER BY started_at`,
      [id],
    );
    expect(logins.map(({ line }) => line)).toEqual(['person accepted', 'rotator accepted', 'rotator accepted']);
  });

  it('is decided once, where two people decide at the same moment', async () => {
    const { portal, username } = await blocked('alpine-9');
    const before = await opened.testEnvironment.portals.account(portal, username);
    const ends = await Promise.all([resolveApart('alpine-9', '--accept', 'current'), resolveApart('alpine-9', '--accept', 'current')]);
    expect(ends.map(({ code }) => code).sort()).toEqual([0, 1]);
    expect((await opened.testEnvironment.portals.account(portal, username)).loginsAccepted).toBe(before.loginsAccepted + 1);
  });

  it('changes nothing on a dry run, without a reason, without a password, or where nothing is blocked', async () => {
    const { orgId, loginIdentity } = await blocked('alpine-7');
    const before = await opened.snapshot('alpine-7');
    const dry = await resolve('alpine-7', '--accept', 'current', '--dry-run');
    const silent = await callRotator(['resolve', '--endpoint', 'alpine-7', '--accept', 'current', '--json'], environment);
    const empty = await callRotator(['resolve', '--endpoint', 'alpine-7', '--accept', 'typed', '--json', '--reason', 'x'], environment, '\n');
    expect([dry.code, silent.code, empty.code]).toEqual([0, 2, 2]);
    expect(await opened.snapshot('alpine-7')).toEqual(before);
    expect((await getOpenAttempt(opened.testEnvironment.db, { orgId, loginIdentity }))?.state).toBe('blocked');
    const other = await resolve('alpine-8', '--accept', 'current');
    expect([other.code, other.json<{ error: { code: string } }>().error.code]).toEqual([1, 'state_conflict']);
  });
});

it('neither notifications nor the audit trail nor the journal hold a password', async () => {
  for (const table of ['notice', 'notice_delivery', 'audit_event', 'rotation_attempt', 'login_attempt']) {
    const rows = await opened.sql<{ text: string }>(`SELECT r::text AS text FROM ${table} r`, []);
    expect(rows.length, table).toBeGreaterThan(0);
    for (const { text } of rows) for (const password of [STAGED, 'Typed-By-Person-9', 'Typed-Unverified-3']) expect(text).not.toContain(password);
  }
});
