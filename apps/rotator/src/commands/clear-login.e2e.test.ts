import { randomUUID } from 'node:crypto';
import { parsePayload } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { releaseLease } from '@rcm/db/leases';
import { planRotation } from '@rcm/db/rotation';
import type { EnvironmentEndpoint } from '@rcm/test-environment';
import { describe, expect, it } from 'vitest';
import { openForCommands } from './login-commands.fixture.ts';

const t = openForCommands();
const { login, rotator, codeOf } = t;
const retry = (at: EnvironmentEndpoint, ...parameters: string[]) =>
  rotator('retry', '--endpoint', at.id, '--reason', 'support says it is right', ...parameters);

describe('retry', () => {
  it('tries a password now that cools down, and agents may use it again', async () => {
    const at = await login();
    await t.opened.testEnvironment.portals.setHabits('alpine', { closedSaysWrong: true });
    expect(await t.acts.logIn(at)).toBe('login_rejected');
    await t.opened.testEnvironment.portals.setHabits('alpine', { closedSaysWrong: false });
    expect(await t.acts.logIn(at)).toBe('login_not_allowed');
    expect(await t.acts.triesOf(at)).toEqual(['closed']);

    const end = await retry(at, '--actor', 'jane');
    expect([end.code, end.json()]).toEqual([0, { endpointId: at.id, dryRun: false, result: 'accepted' }]);
    expect(await t.acts.triesOf(at)).toEqual(['closed', 'accepted']);
    expect(await t.opened.audit('login.retry', at.id)).toMatchObject([
      { actor: expect.stringMatching(/^person:sts:\S+ says jane$/), reason: 'support says it is right' },
    ]);
    expect(await t.acts.logIn(at)).toBe('none');
  });

  it('costs one login where the portal refuses it again; then it cools down once more', async () => {
    const at = await login();
    await t.acts.setAtPortal(at, 'Nobody-stored-it-1');
    const end = await retry(at);
    expect([end.code, end.json()]).toEqual([1, { endpointId: at.id, dryRun: false, result: 'later' }]);
    expect(await t.acts.triesOf(at)).toEqual(['wrong']);
    expect(await t.acts.logIn(at)).toBe('login_not_allowed');
    expect(await t.acts.account(at)).toMatchObject({ loginsRejected: 1, locked: false });
  });

  it('makes an earlier password current where the portal accepts that one, and leaves a person’s fields as they are', async () => {
    const at = await login();
    const first = await t.acts.passwordOf(at);
    await t.opened.untilEnded(at.id);
    expect(await t.acts.passwordOf(at)).not.toBe(first);
    await t.acts.edit(at, { note: 'written by a person' });
    // The portal has restored its own database.
    await t.acts.setAtPortal(at, first);
    const end = await retry(at);
    expect([end.code, end.json()]).toMatchObject([0, { result: 'found' }]);
    expect(await t.opened.testEnvironment.portalAcceptsStore(at.id)).toBe(true);
    expect(parsePayload((await t.acts.currentOf(at)).text).reveal()).toMatchObject({ password: first, note: 'written by a person' });
    expect(await t.acts.account(at)).toMatchObject({ loginsRejected: 1, locked: false });
  });

  it('sends nothing where the account’s budget is spent', async () => {
    const at = await login();
    for (let failure = 0; failure < 2; failure += 1)
      await t.opened.sql(
        `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect)
         VALUES ($1, $2, $3, gen_random_uuid(), 'agent', '1', now(), now(), 'rejected', 'provisional')`,
        [at.loginIdentity, at.orgId, at.id],
      );
    const end = await retry(at);
    expect([end.code, codeOf(end)]).toEqual([1, 'login_not_allowed']);
    expect(end.stdout).toContain('budget_spent, until 2');
    expect(end.stdout).toContain('a rotator tries it as soon as the budget allows it');
    expect(await t.acts.triesOf(at)).toEqual([]);

    await t.opened.sql(`UPDATE integration_endpoint SET search_wanted_at = NULL WHERE id <> $1`, [at.id]);
    await t.acts.mend();
    expect(await t.acts.triesOf(at)).toEqual([]);
    await t.opened.sql(
      `UPDATE login_attempt SET started_at = started_at - interval '1 day', finished_at = finished_at - interval '1 day' WHERE login_identity = $1`,
      [at.loginIdentity],
    );
    // Put off until the budget allows it.
    await t.opened.sql(`UPDATE integration_endpoint SET search_wanted_at = search_wanted_at - interval '1 day' WHERE id = $1`, [at.id]);
    await t.acts.mend();
    expect(await t.acts.triesOf(at)).toEqual(['accepted']);
    await t.acts.mend();
    expect(await t.acts.triesOf(at)).toEqual(['accepted']);
  });

  it('leaves a login alone whose rotation is open: that finds out by itself', async () => {
    const at = await login();
    const { id: leaseId, fence } = await t.acts.exclusiveOf(at);
    const plan = { attemptId: randomUUID(), leaseId, fence, endpointId: at.id, orgId: at.orgId, owner: 'test', baseVersion: '1', recipeHash: 'hash' };
    expect((await planRotation(t.opened.testEnvironment.db, { ...plan, reason: 'due' })).created).toBe(true);
    await releaseLease(t.opened.testEnvironment.db, { leaseId, orgId: at.orgId });
    const end = await retry(at);
    expect([end.code, end.json()]).toMatchObject([1, { result: 'open' }]);
    expect(await t.acts.triesOf(at)).toEqual([]);
  });

  it('says that the row follows later where somebody has the other account for themselves, and a rotator sees to it', async () => {
    const [at, other] = [await login(), await login()];
    await t.acts.edit(at, { username: other.username });
    const theirs = await t.acts.exclusiveOf(other);
    const end = await retry(at);
    expect([end.code, end.json()]).toMatchObject([1, { result: 'account_in_use' }]);
    const identity = async () => (await getEndpoint(t.opened.testEnvironment.db, { orgId: at.orgId, endpointId: at.id }))?.loginIdentity;
    expect(await identity()).toBe(at.loginIdentity);
    await releaseLease(t.opened.testEnvironment.db, { leaseId: theirs.id, orgId: other.orgId });
    await t.opened.sql(`UPDATE integration_endpoint SET search_wanted_at = CASE WHEN id = $1 THEN search_wanted_at - interval '1 hour' END`, [at.id]);
    await t.acts.mend();
    expect(await identity()).toBe(other.loginIdentity);
  });

  it('lets the row follow a secret that names another account, and sends nothing', async () => {
    const [at, other] = [await login(), await login()];
    await t.acts.edit(at, { username: other.username });
    const end = await retry(at);
    expect([end.code, end.json()]).toMatchObject([1, { result: 'other_account' }]);
    expect((await getEndpoint(t.opened.testEnvironment.db, { orgId: at.orgId, endpointId: at.id }))?.loginIdentity).toBe(other.loginIdentity);
    expect([await t.acts.triesOf(at), await t.acts.triesOf(other)]).toEqual([[], []]);
  });
});

describe('a person’s word about a login', () => {
  it.each(['retry', 'unlocked'])('%s changes nothing on a dry run', async (command) => {
    const at = await login();
    const before = await t.opened.snapshot(at.id);
    const end = await rotator(command, '--endpoint', at.id, '--dry-run');
    expect([end.code, end.json()]).toMatchObject([0, { endpointId: at.id, dryRun: true }]);
    expect(await t.opened.snapshot(at.id)).toEqual(before);
    expect(await t.opened.sql('SELECT FROM login_clearance WHERE endpoint_id = $1', [at.id])).toEqual([]);
    expect(await t.opened.audit(`login.${command}`, at.id)).toEqual([]);
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
    expect(await t.opened.sql('SELECT FROM login_clearance WHERE endpoint_id = $1', [at.id])).toEqual([]);
  });
});
