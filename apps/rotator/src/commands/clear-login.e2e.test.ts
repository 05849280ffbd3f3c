import { randomUUID } from 'node:crypto';
import { parsePayload, parseReference, serializePayload, type StoredSecret } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { upsertPortalType } from '@rcm/db/admin';
import { withExclusiveLease } from '@rcm/db/holding';
import { acquireExclusiveLease, releaseLease } from '@rcm/db/leases';
import { planRotation } from '@rcm/db/rotation';
import { migratedEndpoint } from '@rcm/portal-access';
import type { EnvironmentEndpoint, PortalCode } from '@rcm/test-environment';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { leaseRequest } from '../lease-request.ts';
import { mendWanted } from '../mending/mend-wanted.ts';
import { callRotator, type CommandEnd } from '../process.fixture.ts';
import { proveLogin } from '../prove-login.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';

let opened: RotatorEnvironment;
let environment: Record<string, string>;

beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [], portalType: { settleMs: 200 } });
  environment = {
    ...opened.testEnvironment.environmentOf('rcm_rotator'),
    RCM_TENANT_ROLE_ARN: opened.testEnvironment.aws.tenantRoleArn('rotator'),
    RCM_LOG_LEVEL: 'error',
    ...(process.env['RCM_CHROMIUM_PATH'] ? { RCM_CHROMIUM_PATH: process.env['RCM_CHROMIUM_PATH'] } : {}),
  };
});
afterAll(() => opened?.close());
// What one test's logins met says nothing about the portal to those of the next.
beforeEach(() =>
  opened.sql(
    `UPDATE login_attempt SET started_at = started_at - interval '1 day', finished_at = finished_at - interval '1 day', rests_until = rests_until - interval '1 day'`,
    [],
  ),
);

const login = (portal: PortalCode = 'alpine') => opened.testEnvironment.addEndpoint(portal);
const account = ({ portal, username }: EnvironmentEndpoint) => opened.testEnvironment.portals.account(portal, username);
const triesOf = async (at: EnvironmentEndpoint) =>
  (await opened.testEnvironment.portals.history(at)).tries.filter(({ by }) => by === 'visitor').map(({ ended }) => ended);
const rotator = (...parameters: string[]): Promise<CommandEnd> => callRotator([...parameters, '--json'], environment);
const retry = (at: EnvironmentEndpoint, ...parameters: string[]) =>
  rotator('retry', '--endpoint', at.id, '--reason', 'support says it is right', ...parameters);
const codeOf = (end: CommandEnd) => end.json<{ error: { code: string } }>().error.code;

async function currentOf({ orgId, secretArn }: EnvironmentEndpoint): Promise<StoredSecret> {
  const current = await opened.rotator.stores.forTenant(orgId).read(parseReference(secretArn));
  if (!current) throw new Error('the secret is gone');
  return current;
}

/** A person saves the secret. */
async function edit(at: EnvironmentEndpoint, change: object): Promise<void> {
  const current = await currentOf(at);
  const text = serializePayload(parsePayload(current.text).map((payload) => ({ ...payload, ...change })));
  await opened.rotator.stores.forTenant(at.orgId).replace(parseReference(at.secretArn), text, current.version);
}

const setAtPortal = ({ portal, username }: EnvironmentEndpoint, password: string) =>
  opened.testEnvironment.portals.createAccount({ portal, username, password });
const passwordOf = async (at: EnvironmentEndpoint): Promise<string> => parsePayload((await currentOf(at)).text).reveal().password;

/** One login with what is current, as agents and rotators make it. The code of its error, or `none`. */
async function logIn(at: EnvironmentEndpoint): Promise<string> {
  const { rotator: own } = opened;
  const endpoint = await migratedEndpoint(own.db, { orgId: at.orgId, endpointId: at.id });
  const { text, version } = await currentOf(at);
  return withExclusiveLease(leaseRequest(own, endpoint, new AbortController().signal), (held) =>
    proveLogin(own, endpoint, held, { stored: text, version, actor: 'rotator', what: 'the stored password' }).then(
      () => 'none',
      (error: { code: string }) => error.code,
    ),
  );
}

describe('retry', () => {
  it('tries a password now that cools down, and agents may use it again', async () => {
    const at = await login();
    await opened.testEnvironment.portals.setHabits('alpine', { closedSaysWrong: true });
    expect(await logIn(at)).toBe('login_rejected');
    await opened.testEnvironment.portals.setHabits('alpine', { closedSaysWrong: false });
    expect(await logIn(at)).toBe('login_not_allowed');
    expect(await triesOf(at)).toEqual(['closed']);

    const end = await retry(at, '--actor', 'jane');
    expect([end.code, end.json()]).toEqual([0, { endpointId: at.id, dryRun: false, result: 'accepted' }]);
    expect(await triesOf(at)).toEqual(['closed', 'accepted']);
    expect(await opened.audit('login.retry', at.id)).toMatchObject([
      { actor: expect.stringMatching(/^person:sts:\S+ says jane$/), reason: 'support says it is right' },
    ]);
    expect(await logIn(at)).toBe('none');
  });

  it('costs one login where the portal refuses it again; then it cools down once more', async () => {
    const at = await login();
    await setAtPortal(at, 'Nobody-stored-it-1');
    const end = await retry(at);
    expect([end.code, end.json()]).toEqual([1, { endpointId: at.id, dryRun: false, result: 'later' }]);
    expect(await triesOf(at)).toEqual(['wrong']);
    expect(await logIn(at)).toBe('login_not_allowed');
    expect(await account(at)).toMatchObject({ loginsRejected: 1, locked: false });
  });

  it('makes an earlier password current where the portal accepts that one, and leaves a person’s fields as they are', async () => {
    const at = await login();
    const first = await passwordOf(at);
    await opened.untilEnded(at.id);
    expect(await passwordOf(at)).not.toBe(first);
    await edit(at, { note: 'written by a person' });
    // The portal has restored its own database.
    await setAtPortal(at, first);
    const end = await retry(at);
    expect([end.code, end.json()]).toMatchObject([0, { result: 'found' }]);
    expect(await opened.testEnvironment.portalAcceptsStore(at.id)).toBe(true);
    expect(parsePayload((await currentOf(at)).text).reveal()).toMatchObject({ password: first, note: 'written by a person' });
    expect(await account(at)).toMatchObject({ loginsRejected: 1, locked: false });
  });

  it('sends nothing where the account’s budget is spent', async () => {
    const at = await login();
    for (let failure = 0; failure < 2; failure += 1)
      await opened.sql(
        `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect)
         VALUES ($1, $2, $3, gen_random_uuid(), 'agent', '1', now(), now(), 'rejected', 'provisional')`,
        [at.loginIdentity, at.orgId, at.id],
      );
    const end = await retry(at);
    expect([end.code, codeOf(end)]).toEqual([1, 'login_not_allowed']);
    expect(end.stdout).toContain('budget_spent, until 2');
    expect(end.stdout).toContain('a rotator tries it as soon as the budget allows it');
    expect(await triesOf(at)).toEqual([]);

    await opened.sql(`UPDATE integration_endpoint SET search_wanted_at = NULL WHERE id <> $1`, [at.id]);
    const round = () => mendWanted(opened.rotator, { limit: 10, pauseMs: 0, signal: new AbortController().signal });
    await round();
    expect(await triesOf(at)).toEqual([]);
    await opened.sql(
      `UPDATE login_attempt SET started_at = started_at - interval '1 day', finished_at = finished_at - interval '1 day' WHERE login_identity = $1`,
      [at.loginIdentity],
    );
    // Put off until the budget allows it.
    await opened.sql(`UPDATE integration_endpoint SET search_wanted_at = search_wanted_at - interval '1 day' WHERE id = $1`, [at.id]);
    await round();
    expect(await triesOf(at)).toEqual(['accepted']);
    await round();
    expect(await triesOf(at)).toEqual(['accepted']);
  });

  it('leaves a login alone whose rotation is open: that finds out by itself', async () => {
    const at = await login();
    const answer = await acquireExclusiveLease(opened.testEnvironment.db, { orgId: at.orgId, endpointId: at.id, holder: 'test', ttlMs: 60_000, wantMs: 1_000 });
    if (!answer.granted) throw new Error('the login is in use');
    const { id: leaseId, fence } = answer.lease;
    const plan = { attemptId: randomUUID(), leaseId, fence, endpointId: at.id, orgId: at.orgId, owner: 'test', baseVersion: '1', recipeHash: 'hash' };
    expect((await planRotation(opened.testEnvironment.db, { ...plan, reason: 'due' })).created).toBe(true);
    await releaseLease(opened.testEnvironment.db, { leaseId, orgId: at.orgId });
    const end = await retry(at);
    expect([end.code, end.json()]).toMatchObject([1, { result: 'open' }]);
    expect(await triesOf(at)).toEqual([]);
  });

  it('says that the row follows later where somebody has the other account for themselves, and a rotator sees to it', async () => {
    const [at, other] = [await login(), await login()];
    await edit(at, { username: other.username });
    const theirs = await acquireExclusiveLease(opened.testEnvironment.db, {
      orgId: other.orgId,
      endpointId: other.id,
      holder: 'test',
      ttlMs: 60_000,
      wantMs: 1_000,
    });
    if (!theirs.granted) throw new Error('the login is in use');
    const end = await retry(at);
    expect([end.code, end.json()]).toMatchObject([1, { result: 'account_in_use' }]);
    const identity = async () => (await getEndpoint(opened.testEnvironment.db, { orgId: at.orgId, endpointId: at.id }))?.loginIdentity;
    expect(await identity()).toBe(at.loginIdentity);
    await releaseLease(opened.testEnvironment.db, { leaseId: theirs.lease.id, orgId: other.orgId });
    await opened.sql(`UPDATE integration_endpoint SET search_wanted_at = CASE WHEN id = $1 THEN search_wanted_at - interval '1 hour' END`, [at.id]);
    await mendWanted(opened.rotator, { limit: 10, pauseMs: 0, signal: new AbortController().signal });
    expect(await identity()).toBe(other.loginIdentity);
  });

  it('lets the row follow a secret that names another account, and sends nothing', async () => {
    const [at, other] = [await login(), await login()];
    await edit(at, { username: other.username });
    const end = await retry(at);
    expect([end.code, end.json()]).toMatchObject([1, { result: 'other_account' }]);
    expect((await getEndpoint(opened.testEnvironment.db, { orgId: at.orgId, endpointId: at.id }))?.loginIdentity).toBe(other.loginIdentity);
    expect([await triesOf(at), await triesOf(other)]).toEqual([[], []]);
  });
});

describe('unlocked', () => {
  it('lets agents in again at a portal that locks until its support is called, and not before somebody says so', async () => {
    const at = await login('borealis');
    const endpoint = await getEndpoint(opened.testEnvironment.db, { orgId: at.orgId, endpointId: at.id });
    if (!endpoint) throw new Error('no endpoint');
    await upsertPortalType(opened.testEnvironment.db, {
      ...endpoint.portalType,
      lockoutCounts: 'until_unlocked',
      lockoutThreshold: 5,
      lockoutWindowSeconds: null,
      lockoutLastsSeconds: null,
    });
    const lockout = { counts: 'until_unlocked', threshold: 5, windowMs: null, lastsMs: null, countsCodes: true } as const;
    await opened.testEnvironment.portals.setHabits('borealis', { lockout });
    await opened.testEnvironment.portals.mistype(at, 5);
    expect(await logIn(at)).toBe('login_locked');
    expect(await logIn(at)).toBe('login_not_allowed');
    const refused = await rotator('rotate', '--endpoint', at.id, '--reason', 'a test');
    expect(refused.json<{ rotations: object[] }>().rotations).toMatchObject([{ result: 'not_started', code: 'login_locked' }]);

    await opened.testEnvironment.portals.unlock(at);
    expect(await logIn(at)).toBe('login_not_allowed');
    expect(await triesOf(at)).toEqual(['locked']);
    const other = await rotator('unlocked', '--endpoint', at.id, '--user', 'somebody-else', '--reason', 'called support');
    expect([other.code, codeOf(other)]).toEqual([1, 'state_conflict']);
    expect(await logIn(at)).toBe('login_not_allowed');
    const end = await rotator('unlocked', '--endpoint', at.id, '--user', at.username, '--reason', 'called support', '--actor', 'jane');
    expect([end.code, end.json()]).toEqual([0, { endpointId: at.id, dryRun: false, unlocked: true }]);
    expect(await opened.audit('login.unlocked', at.id)).toMatchObject([
      { actor: expect.stringMatching(/^person:sts:\S+ says jane$/), reason: 'called support' },
    ]);
    expect(await logIn(at)).toBe('none');
    const { tries } = await opened.testEnvironment.portals.history(at);
    expect(tries.filter(({ locks }) => locks).map(({ by }) => by)).toEqual(['person']);
  });
});

describe('unlocked, where the secret names another account than its row', () => {
  it('notes nothing for the account that was there before, and has the row follow; then it is noted for the one that is meant', async () => {
    const [at, other] = [await login(), await login()];
    await edit(at, { username: other.username });
    const noted = () => opened.sql<{ login_identity: string }>('SELECT login_identity FROM login_clearance WHERE endpoint_id = $1', [at.id]);
    const before = await opened.snapshot(at.id);
    const dry = await rotator('unlocked', '--endpoint', at.id, '--dry-run');
    expect([dry.code, codeOf(dry), await opened.snapshot(at.id)]).toEqual([1, 'state_conflict', before]);
    const end = await rotator('unlocked', '--endpoint', at.id, '--reason', 'x');
    expect([end.code, codeOf(end), await noted()]).toEqual([1, 'state_conflict', []]);
    await mendWanted(opened.rotator, { limit: 10, pauseMs: 0, signal: new AbortController().signal });
    expect((await rotator('unlocked', '--endpoint', at.id, '--reason', 'x')).code).toBe(0);
    expect(await noted()).toEqual([{ login_identity: other.loginIdentity }]);
  });
});

describe('a person’s word about a login', () => {
  it.each(['retry', 'unlocked'])('%s changes nothing on a dry run', async (command) => {
    const at = await login();
    const before = await opened.snapshot(at.id);
    const end = await rotator(command, '--endpoint', at.id, '--dry-run');
    expect([end.code, end.json()]).toMatchObject([0, { endpointId: at.id, dryRun: true }]);
    expect(await opened.snapshot(at.id)).toEqual(before);
    expect(await opened.sql('SELECT FROM login_clearance WHERE endpoint_id = $1', [at.id])).toEqual([]);
    expect(await opened.audit(`login.${command}`, at.id)).toEqual([]);
  });

  it.each(['retry', 'unlocked'])('%s needs an endpoint that is there, and a reason', async (command) => {
    const at = await login();
    const ends = [
      await rotator(command, '--endpoint', at.id),
      await rotator(command, '--endpoint', at.id, '--reason', ' '),
      await rotator(command, '--reason', 'x'),
      await rotator(command, '--endpoint', 'alpine-9999', '--reason', 'x'),
    ];
    expect(ends.map((end) => [end.code, codeOf(end)])).toEqual([
      [2, 'input_invalid'],
      [2, 'input_invalid'],
      [2, 'input_invalid'],
      [1, 'endpoint_unknown'],
    ]);
    expect(await opened.sql('SELECT FROM login_clearance WHERE endpoint_id = $1', [at.id])).toEqual([]);
  });
});
