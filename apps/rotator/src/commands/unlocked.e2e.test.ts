import type { TenantStores } from '@rcm/credentials';
import { getEndpoint } from '@rcm/db';
import { wantCredentialSearch } from '@rcm/db/rotation';
import { describe, expect, it } from 'vitest';
import { setPortalType } from '../set-portal-type.fixture.ts';
import { unlockLogin } from './clear-login.ts';
import { openForCommands } from './login-commands.fixture.ts';

const t = openForCommands();
const { login, rotator, codeOf } = t;

describe('unlocked', () => {
  it('lets agents in again at a portal that locks until its support is called, and not before somebody says so', async () => {
    const at = await login('borealis');
    const untilUnlocked = { lockoutCounts: 'until_unlocked', lockoutThreshold: 5, lockoutWindowSeconds: null, lockoutLastsSeconds: null };
    await setPortalType(t.opened.testEnvironment, 'borealis', untilUnlocked);
    const lockout = { counts: 'until_unlocked', threshold: 5, windowMs: null, lastsMs: null, countsCodes: true } as const;
    await t.opened.testEnvironment.portals.setHabits('borealis', { lockout });
    await t.opened.testEnvironment.portals.mistype(at, 5);
    expect(await t.acts.logIn(at)).toBe('login_locked');
    expect(await t.acts.logIn(at)).toBe('login_not_allowed');
    const refused = await rotator('rotate', '--endpoint', at.id, '--reason', 'a test');
    expect(refused.json<{ rotations: object[] }>().rotations).toMatchObject([{ result: 'not_started', code: 'login_locked' }]);

    await t.opened.testEnvironment.portals.unlock(at);
    expect(await t.acts.logIn(at)).toBe('login_not_allowed');
    expect(await t.acts.triesOf(at)).toEqual(['locked']);
    const other = await rotator('unlocked', '--endpoint', at.id, '--user', 'somebody-else', '--reason', 'called support');
    expect([other.code, codeOf(other)]).toEqual([1, 'state_conflict']);
    expect(await t.acts.logIn(at)).toBe('login_not_allowed');
    const end = await rotator('unlocked', '--endpoint', at.id, '--user', at.username, '--reason', 'called support', '--actor', 'jane');
    expect([end.code, end.json()]).toEqual([0, { endpointId: at.id, dryRun: false, unlocked: true }]);
    expect(await t.opened.audit('login.unlocked', at.id)).toMatchObject([
      { actor: expect.stringMatching(/^person:sts:\S+ says jane$/), reason: 'called support' },
    ]);
    expect(await t.acts.logIn(at)).toBe('none');
    const { tries } = await t.opened.testEnvironment.portals.history(at);
    expect(tries.filter(({ locks }) => locks).map(({ by }) => by)).toEqual(['person']);
  });
});

it('unlocked, with the name of a user, notes nothing where no secret says whose the account is', async () => {
  const at = await login();
  await t.opened.sql(`UPDATE integration_endpoint SET secret_arn = secret_arn || 'x' WHERE id = $1`, [at.id]);
  const end = await rotator('unlocked', '--endpoint', at.id, '--user', at.username, '--reason', 'called support');
  expect([end.code, codeOf(end)]).toEqual([1, 'secret_missing']);
  expect(await t.opened.audit('login.unlocked', at.id)).toEqual([]);
});

describe('unlocked, where the secret names another account than its row', () => {
  it('notes nothing for the account that was there before, and has the row follow; then it is noted for the one that is meant', async () => {
    const [at, other] = [await login(), await login()];
    await t.acts.edit(at, { username: other.username });
    const noted = () => t.opened.sql<{ login_identity: string }>('SELECT login_identity FROM login_clearance WHERE endpoint_id = $1', [at.id]);
    const before = await t.opened.snapshot(at.id);
    const dry = await rotator('unlocked', '--endpoint', at.id, '--dry-run');
    expect([dry.code, codeOf(dry), await t.opened.snapshot(at.id)]).toEqual([1, 'state_conflict', before]);
    const end = await rotator('unlocked', '--endpoint', at.id, '--reason', 'x');
    expect([end.code, codeOf(end), await noted()]).toEqual([1, 'state_conflict', []]);
    await t.acts.mend();
    expect((await rotator('unlocked', '--endpoint', at.id, '--reason', 'x')).code).toBe(0);
    expect(await noted()).toEqual([{ login_identity: other.loginIdentity }]);
  });

  it('nor for the one that somebody puts into it while the word is on its way, and to which the row follows', async () => {
    const [at, other] = [await login(), await login()];
    const { rotator: own, testEnvironment } = t.opened;
    let isMoved = false;
    /** The process stands still once it has seen whose secret it is. */
    const stores: TenantStores = {
      ...own.stores,
      forTenant(orgId) {
        const store = own.stores.forTenant(orgId);
        return {
          ...store,
          async read(...asked) {
            const seen = await store.read(...asked);
            if (!isMoved) await moveOn();
            return seen;
          },
        };
      },
    };
    async function moveOn(): Promise<void> {
      isMoved = true;
      await t.acts.edit(at, { username: other.username });
      await wantCredentialSearch(own.db, { orgId: at.orgId, endpointId: at.id });
      await t.acts.mend();
    }
    const said = { endpointId: at.id, actor: 'person:os:jane', reason: 'x' };
    const unlocking = unlockLogin({ db: own.db, rotator: { ...own, stores } }, said, new AbortController().signal);
    await expect(unlocking).rejects.toMatchObject({ code: 'state_conflict' });
    const row = await getEndpoint(testEnvironment.db, { orgId: at.orgId, endpointId: at.id });
    expect(row?.loginIdentity).toBe(other.loginIdentity);
    expect(await t.opened.sql('SELECT FROM login_clearance WHERE endpoint_id = $1', [at.id])).toEqual([]);
    expect(await t.opened.audit('login.unlocked', at.id)).toEqual([]);
  });
});
