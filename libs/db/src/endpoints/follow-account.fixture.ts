import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { releaseLease } from '../leases/upkeep.ts';
import { type Account, Logins } from '../ledger/account.fixture.ts';
import { remainingBudget } from '../ledger/budget.ts';
import { clearLogin } from '../ledger/clearance.ts';
import { exclusiveLease, identityOf, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { type AccountFollowed, followAccount, type LoginName } from './follow-account.ts';

/** A name that no account has yet. */
export const another = (): LoginName => ({ id: identityOf(randomUUID()), keyId: '1' });

/** Rows that follow their secret to another account, or to another name of theirs, on a database that is opened later. */
export class Followers {
  private readonly opened: () => TestDatabase;
  private readonly logins: Logins;
  constructor(opened: () => TestDatabase) {
    this.opened = opened;
    this.logins = new Logins(opened);
  }

  /** A login that has failed once, with a person's word and a rotation that is over; nobody has a lease. */
  async used(of: Partial<TestEndpoint> = {}): Promise<Account> {
    const t = this.opened();
    const on = await this.logins.account(undefined, of);
    await this.logins.login(on, 'rejected');
    await clearLogin(t.rotator, { ...on, kind: 'retry', actor: 'person:os:jane', reason: 'r' });
    await releaseLease(t.agent, on);
    const { attemptId, leaseId } = await plannedAttempt(t.rotator, on);
    await t.sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now() WHERE id = $1`, [attemptId]);
    await releaseLease(t.rotator, { leaseId, orgId: on.orgId });
    return on;
  }

  /** Under the exclusive lease of its own, where no other is given. `knownAs`: nothing, or it is another account. */
  async follow(on: TestEndpoint, to = another(), rest: { readonly leaseId?: string; readonly knownAs?: readonly string[] } = {}): Promise<AccountFollowed> {
    const { rotator } = this.opened();
    const leaseId = rest.leaseId ?? (await exclusiveLease(rotator, on)).id;
    return followAccount(rotator, { ...on, from: on.loginIdentity, to: [to], leaseId, actor: 'rotator-1', knownAs: rest.knownAs ?? [] });
  }

  /** The same account by another name; returns the endpoint as it is then. */
  async rename<E extends TestEndpoint>(on: E, to = another(), knownAs = [on.loginIdentity]): Promise<E> {
    expect(await this.follow(on, to, { knownAs })).toBe('renamed');
    return { ...on, loginIdentity: to.id };
  }

  async identityNow({ endpointId }: TestEndpoint): Promise<string | undefined> {
    const [row] = await this.opened().sql<{ id: string }>('SELECT login_identity AS id FROM integration_endpoint WHERE id = $1', [endpointId]);
    return row?.id;
  }

  /** How much is known of an account, by whichever row. */
  async knownOf(loginIdentity: string): Promise<{ readonly logins: number; readonly words: number; readonly rotations: number }> {
    const count = async (table: string) => (await this.opened().sql(`SELECT FROM ${table} WHERE login_identity = $1`, [loginIdentity])).length;
    return { logins: await count('login_attempt'), words: await count('login_clearance'), rotations: await count('rotation_attempt') };
  }

  /** How many failures the account has left that the row is at now. */
  async left(on: TestEndpoint): Promise<number> {
    const { failuresLeft } = await remainingBudget(this.opened().agent, { ...on, loginIdentity: (await this.identityNow(on)) ?? '' });
    return failuresLeft;
  }

  /** Fails once more, with a password that never cools down. */
  async fail(on: TestEndpoint): Promise<void> {
    const leased = await this.logins.leased({ ...on, loginIdentity: (await this.identityNow(on)) ?? '' });
    await this.logins.login(leased, 'rejected', { password: randomUUID() });
    await releaseLease(this.opened().agent, leased);
  }

  /** What people were told of it. */
  async kindsOf(on: TestEndpoint): Promise<string[]> {
    return (await this.opened().sql<{ kind: string }>('SELECT kind FROM notice WHERE endpoint_id = $1', [on.endpointId])).map(({ kind }) => kind);
  }
}
