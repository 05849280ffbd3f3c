import { randomUUID } from 'node:crypto';
import { parsePayload } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { releaseLease } from '@rcm/db/leases';
import { planRotation } from '@rcm/db/rotation';
import type { EnvironmentEndpoint, PortalCode } from '@rcm/test-environment';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { commandEnvironment } from '../command-environment.fixture.ts';
import { callRotator, type CommandEnd } from '../process.fixture.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { actsOn, type LoginActs } from './login-acts.fixture.ts';

let opened: RotatorEnvironment;
let environment: Readonly<Record<string, string>>;
let acts: LoginActs;

beforeAll(async () => {
  opened = await openRotatorEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
  environment = commandEnvironment(opened.testEnvironment);
  acts = actsOn(opened);
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
const rotator = (...parameters: string[]): Promise<CommandEnd> => callRotator([...parameters, '--json'], environment);
const retry = (at: EnvironmentEndpoint, ...parameters: string[]) =>
  rotator('retry', '--endpoint', at.id, '--reason', 'support says it is right', ...parameters);
const codeOf = (end: CommandEnd) => end.json<{ error: { code: string } }>().error.code;

describe('retry', () => {
  it('tries a password now that cools down, and agents may use it again', async () => {
    const at = await login();
    await opened.testEnvironment.portals.setHabits('alpine', { closedSaysWrong: true });
    expect(await acts.logIn(at)).toBe('login_rejected');
    await opened.testEnvironment.portals.setHabits('alpine', { closedSaysWrong: false });
    expect(await acts.logIn(at)).toBe('login_not_allowed');
    expect(await acts.triesOf(at)).toEqual(['closed']);

    const end = await retry(at, '--actor', 'jane');
    expect([end.code, end.json()]).toEqual([0, { endpointId: at.id, dryRun: false, result: 'accepted' }]);
    expect(await acts.triesOf(at)).toEqual(['closed', 'accepted']);
    expect(await opened.audit('login.retry', at.id)).toMatchObject([
      { actor: expect.stringMatching(/^person:sts:\S+ says jane$/), reason: 'support says it is right' },
    ]);
    expect(await acts.logIn(at)).toBe('none');
  });

  it('costs one login where the portal refuses it again; then it cools down once more', async () => {
    const at = await login();
    await acts.setAtPortal(at, 'Nobody-stored-it-1');
    const end = await retry(at);
    expect([end.code, end.json()]).toEqual([1, { endpointId: at.id, dryRun: false, result: 'later' }]);
    expect(await acts.triesOf(at)).toEqual(['wrong']);
    expect(await acts.logIn(at)).toBe('login_not_allowed');
    expect(await acts.account(at)).toMatchObject({ loginsRejected: 1, locked: false });
  });

  it('makes an earlier password current where the portal accepts that one, and leaves a person’s fields as they are', async () => {
    const at = await login();
    const first = await acts.passwordOf(at);
    await opened.untilEnded(at.id);
    expect(await acts.passwordOf(at)).not.toBe(first);
    await acts.edit(at, { note: 'written by a person' });
    // The portal has restored its own database.
    await acts.setAtPortal(at, first);
    const end = await retry(at);
    expect([end.code, end.json()]).toMatchObject([0, { result: 'found' }]);
    expect(await opened.testEnvironment.portalAcceptsStore(at.id)).toBe(true);
    expect(parsePayload((await acts.currentOf(at)).text).reveal()).toMatchObject({ password: first, note: 'written by a person' });
    expect(await acts.account(at)).toMatchObject({ loginsRejected: 1, locked: false });
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
    expect(await acts.triesOf(at)).toEqual([]);

    await opened.sql(`UPDATE integration_endpoint SET search_wanted_at = NULL WHERE id <> $1`, [at.id]);
    await acts.mend();
    expect(await acts.triesOf(at)).toEqual([]);
    await opened.sql(
      `UPDATE login_attempt SET started_at = started_at - interval '1 day', finished_at = finished_at - interval '1 day' WHERE login_identity = $1`,
      [at.loginIdentity],
    );
    // Put off until the budget allows it.
    await opened.sql(`UPDATE integration_endpoint SET search_wanted_at = search_wanted_at - interval '1 day' WHERE id = $1`, [at.id]);
    await acts.mend();
    expect(await acts.triesOf(at)).toEqual(['accepted']);
    await acts.mend();
    expect(await acts.triesOf(at)).toEqual(['accepted']);
  });

  it('leaves a login alone whose rotation is open: that finds out by itself', async () => {
    const at = await login();
    const { id: leaseId, fence } = await acts.exclusiveOf(at);
    const plan = { attemptId: randomUUID(), leaseId, fence, endpointId: at.id, orgId: at.orgId, owner: 'test', baseVersion: '1', recipeHash: 'hash' };
    expect((await planRotation(opened.testEnvironment.db, { ...plan, reason: 'due' })).created).toBe(true);
    await releaseLease(opened.testEnvironment.db, { leaseId, orgId: at.orgId });
    const end = await retry(at);
    expect([end.code, end.json()]).toMatchObject([1, { result: 'open' }]);
    expect(await acts.triesOf(at)).toEqual([]);
  });

  it('says that the row follows later where somebody has the other account for themselves, and a rotator sees to it', async () => {
    const [at, other] = [await login(), await login()];
    await acts.edit(at, { username: other.username });
    const theirs = await acts.exclusiveOf(other);
    const end = await retry(at);
    expect([end.code, end.json()]).toMatchObject([1, { result: 'account_in_use' }]);
    const identity = async () => (await getEndpoint(opened.testEnvironment.db, { orgId: at.orgId, endpointId: at.id }))?.loginIdentity;
    expect(await identity()).toBe(at.loginIdentity);
    await releaseLease(opened.testEnvironment.db, { leaseId: theirs.id, orgId: other.orgId });
    await opened.sql(`UPDATE integration_endpoint SET search_wanted_at = CASE WHEN id = $1 THEN search_wanted_at - interval '1 hour' END`, [at.id]);
    await acts.mend();
    expect(await identity()).toBe(other.loginIdentity);
  });

  it('lets the row follow a secret that names another account, and sends nothing', async () => {
    const [at, other] = [await login(), await login()];
    await acts.edit(at, { username: other.username });
    const end = await retry(at);
    expect([end.code, end.json()]).toMatchObject([1, { result: 'other_account' }]);
    expect((await getEndpoint(opened.testEnvironment.db, { orgId: at.orgId, endpointId: at.id }))?.loginIdentity).toBe(other.loginIdentity);
    expect([await acts.triesOf(at), await acts.triesOf(other)]).toEqual([[], []]);
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
