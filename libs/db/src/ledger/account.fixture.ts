import type { NewPortalType } from '../endpoints/endpoint.ts';
import { acquireSharedLease } from '../leases/acquire.ts';
import { makeEndpoint, printOf, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { beginLoginAttempt, finishLoginAttempt, type LoginAttemptEnd, type LoginAttemptRequest, type LoginPermission } from './attempt.ts';
import { remainingBudget } from './budget.ts';

/** Threshold 4 and margin 1, as `PORTAL` has them: three failures of our own. */
export const BUDGET = 3;

/** What is over by either clock is so no earlier, and as much later as the asker's question took, of whose clock Postgres knows by that. */
export const rightAfter =
  (at: Date | undefined) =>
  (until: Date): boolean =>
    at !== undefined && until >= at && until.getTime() < at.getTime() + 300_000;

/** An endpoint with a live shared lease on it. */
export interface Account extends TestEndpoint {
  readonly leaseId: string;
}

/** A login as a test tells it: how it ends, and with which password and version. */
export type Told = Partial<LoginAttemptEnd> & { readonly version?: string; readonly password?: string };

/** The ledger as an agent uses it, on a database that is opened later. */
export class Logins {
  private readonly opened: () => TestDatabase;
  constructor(opened: () => TestDatabase) {
    this.opened = opened;
  }

  /** `of`: what it has in common with another one. */
  async account(portal?: Partial<NewPortalType>, of: Partial<TestEndpoint> = {}, holder?: string): Promise<Account> {
    return this.leased(await makeEndpoint(this.opened().db, { ...of, ...(portal ? { portal } : {}) }), holder);
  }

  async leased(endpoint: TestEndpoint, holder = 'agent'): Promise<Account> {
    const answer = await acquireSharedLease(this.opened().agent, { ...endpoint, holder, ttlMs: 3_600_000 });
    if (!answer.granted) throw new Error(answer.reason);
    return { ...endpoint, leaseId: answer.lease.id };
  }

  /** What an agent asks with the password `right` of version `1`, where nothing else is said. */
  ask(on: Account, rest: Partial<LoginAttemptRequest> = {}): LoginAttemptRequest {
    return { leaseId: on.leaseId, endpointId: on.endpointId, orgId: on.orgId, actor: 'agent', version: '1', fingerprints: [printOf('right')], ...rest };
  }

  begin(on: Account, rest: Partial<LoginAttemptRequest> = {}): Promise<LoginPermission> {
    return beginLoginAttempt(this.opened().agent, this.ask(on, rest));
  }

  with(on: Account, password: string, version = '1'): Promise<LoginPermission> {
    return this.begin(on, { version, fingerprints: [printOf(password)] });
  }

  /** From beginning to end; returns its id. */
  async login(on: Account, outcome: LoginAttemptEnd['outcome'], told: Told = {}): Promise<string> {
    const { version = '1', password = 'right', ...end } = told;
    const answer = await this.with(on, password, version);
    if (!answer.allowed) throw new Error(answer.reason);
    await this.end(on, answer.loginAttemptId, outcome, end);
    return answer.loginAttemptId;
  }

  end(on: Account, loginAttemptId: string, outcome: LoginAttemptEnd['outcome'], rest: Partial<LoginAttemptEnd> = {}): Promise<void> {
    return finishLoginAttempt(this.opened().agent, { loginAttemptId, orgId: on.orgId, outcome, effect: 'none', proved: outcome === 'accepted', ...rest });
  }

  async left(on: Account): Promise<number> {
    return (await remainingBudget(this.opened().agent, on)).failuresLeft;
  }

  /** Lets time pass: whatever is known of the login happened, or ends, so much earlier. */
  async age(on: TestEndpoint, seconds: number): Promise<void> {
    const { sql } = this.opened();
    const older = `- $2 * interval '1 s'`;
    const mine = [on.loginIdentity, seconds];
    await sql(
      `UPDATE login_attempt SET started_at = started_at ${older}, finished_at = finished_at ${older}, throttled_until = throttled_until ${older}, rests_until = rests_until ${older},
              process_ended_at = process_ended_at ${older}
        WHERE login_identity = $1`,
      mine,
    );
    await sql(`UPDATE login_clearance SET at = at ${older} WHERE login_identity = $1`, mine);
    await sql(`UPDATE integration_endpoint SET secret_taken_at = secret_taken_at ${older} WHERE login_identity = $1`, mine);
  }
}
