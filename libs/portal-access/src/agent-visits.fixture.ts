import { type CredentialPayload, parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import { listWantedSearches } from '@rcm/db/rotation';
import type { BrowserPool } from '@rcm/portal-drivers';
import { createLogger, RcmError } from '@rcm/telemetry';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { expect } from 'vitest';
import { withAgentSession } from './agent-session.ts';
import type { AgentAccess } from './agent-access.ts';
import { agentProcess, openBrowser } from './agent-process.fixture.ts';
import { currentOf } from './rotated.fixture.ts';
import { SessionCache } from './session-cache.ts';

/** Longer than any test takes: what is to be over by then is aged, so no test waits, and none is late. */
export const LOCKOUT_WINDOW_MS = 300_000;
export const PROPAGATION_DELAY_MS = 120_000;
export const ILLNESS_MS = 600_000;
export const ALPINES = 20;

/** An environment, and one agent whose visits are looked at. */
export class AgentVisits {
  readonly environment: TestEnvironment;
  readonly access: AgentAccess;
  readonly #browser: BrowserPool;
  #next = 0;

  private constructor(environment: TestEnvironment) {
    this.environment = environment;
    this.#browser = openBrowser(8);
    const logger = createLogger({ name: 'test', level: 'silent' });
    this.access = agentProcess(
      { environment, browser: this.#browser, logger },
      {
        // What earlier tests keep never takes the last place from a later one.
        sessions: new SessionCache({ maxSessions: 4, idleMs: 60_000 }),
        lease: { ttlMs: 10_000, waitMs: 500, pollMs: 50 },
        login: { loginDeadlineMs: 60_000, totpWaitMs: 60_000, personWaitMs: 60_000 },
        illness: { windowMs: ILLNESS_MS, suspects: 3 },
      },
    );
  }

  static async open(): Promise<AgentVisits> {
    return new AgentVisits(
      await openTestEnvironment({
        endpoints: [...Array.from({ length: ALPINES }, () => 'alpine' as const), 'cascade', 'cascade'],
        lockoutWindowMs: LOCKOUT_WINDOW_MS,
        portalType: { propagationDelayMs: PROPAGATION_DELAY_MS, lockoutWindowSeconds: LOCKOUT_WINDOW_MS / 1000 },
      }),
    );
  }

  async close(): Promise<void> {
    await this.access.sessions.close();
    await this.#browser.close();
    await this.environment.close();
  }

  /** A login that no test has visited yet. */
  fresh(): EnvironmentEndpoint {
    const endpoint = this.environment.endpoints[this.#next++];
    if (!endpoint) throw new Error('the test environment has no endpoint left');
    return endpoint;
  }

  visit(endpoint: EnvironmentEndpoint, orgId = endpoint.orgId) {
    return withAgentSession(this.access, { orgId, endpointId: endpoint.id, holder: 'test-agent', signal: new AbortController().signal }, async () => ({
      value: 'visited',
      session: 'keep',
    }));
  }

  counts(endpoint: EnvironmentEndpoint) {
    return this.environment.portals.account(endpoint.portal, endpoint.username);
  }

  /** As if so much time had passed since all that the ledger knows. */
  age(ms: number) {
    return this.environment.db.transaction('every tenant', async (tx) => {
      const by = ms / 1_000;
      await tx.$executeRaw`
        UPDATE integration_endpoint SET secret_taken_at = secret_taken_at - make_interval(secs => ${by}::float8),
          search_wanted_at = search_wanted_at - make_interval(secs => ${by}::float8)`;
      await tx.$executeRaw`
        UPDATE login_attempt SET started_at = started_at - make_interval(secs => ${by}::float8), finished_at = finished_at - make_interval(secs => ${by}::float8),
          throttled_until = throttled_until - make_interval(secs => ${by}::float8), rests_until = rests_until - make_interval(secs => ${by}::float8)`;
    });
  }

  /** A person changes the password at the portal and, where `inStore`, in the store; the row is not told. */
  async changeByHand(endpoint: EnvironmentEndpoint, password: string, inStore: boolean): Promise<void> {
    await this.environment.portals.createAccount({ portal: endpoint.portal, username: endpoint.username, password });
    if (inStore) await this.edit(endpoint, (payload) => ({ ...payload, password }));
  }

  /** A person saves the secret. */
  async edit(endpoint: EnvironmentEndpoint, change: (payload: CredentialPayload) => CredentialPayload): Promise<void> {
    const current = await currentOf(this.environment, endpoint);
    const text = serializePayload(parsePayload(current.text).map(change));
    await this.environment.stores.forTenant(endpoint.orgId).replace(parseReference(endpoint.secretArn), text, current.version);
  }

  /** Somebody else's login at the same portal, now. */
  async somebodyGetsIn(other: EnvironmentEndpoint): Promise<void> {
    await this.access.sessions.drop(other.id);
    expect(await this.visit(other)).toBe('visited');
  }

  async isSearched({ id }: EnvironmentEndpoint): Promise<boolean> {
    return (await listWantedSearches(this.environment.db, { limit: 100, pauseMs: 0 })).some(({ endpointId }) => endpointId === id);
  }
}

export const codeOf = (visiting: Promise<unknown>) =>
  visiting.then(
    () => 'none',
    (error: RcmError) => error.code,
  );

/** A refusal that says when to ask again: later than `least`, and no later than `most`, in ms from now. */
export async function expectToAskWithin(visiting: Promise<unknown>, least: number, most: number): Promise<void> {
  const askedAt = Date.now();
  const error = await visiting.catch((refusal: unknown) => refusal as RcmError);
  const until = error instanceof RcmError ? Date.parse(String(error.details.until)) : Number.NaN;
  expect(until).toBeGreaterThan(askedAt + least);
  expect(until).toBeLessThanOrEqual(Date.now() + most);
}
