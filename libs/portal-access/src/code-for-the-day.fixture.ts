import { createCredentialManager, createTenantStores, type CredentialPayload, parsePayload, parseReference, serializePayload } from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { answerCodeRequest, keyOfCodeRequest, listWantedCodes, sealCode } from '@rcm/db/codes';
import { type BrowserPool, createBrowserPool, endOfCode, readRecipeFile } from '@rcm/portal-drivers';
import { type Clock, createLogger, createMetrics, type RcmError, Secret, systemClock } from '@rcm/telemetry';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { withAgentSession } from './agent-session.ts';
import type { AgentAccess } from './agent-access.ts';
import { Drivers } from './drivers.ts';
import { KeptCodes } from './kept-codes.ts';
import { currentOf } from './rotated.fixture.ts';
import { SessionCache } from './session-cache.ts';

const HOUR_MS = 3_600_000;
/** How often somebody looks whether a code is wanted: each look is a query. */
export const LOOK_MS = 250;
const ZONE = 'America/New_York';

/** How a login ended, and how often somebody was asked for its code. */
export interface Visited {
  readonly end: unknown;
  readonly asked: number;
}

/** Borealis, whose codes are for the day; it is one o'clock in the morning there, by its clock and by ours. */
export class DayEnvironment {
  readonly testEnvironment: TestEnvironment;
  readonly log: string[] = [];
  readonly #browser: BrowserPool;
  readonly #operator: Database;
  /** Ours is ahead of everybody's by so much. */
  aheadMs = 0;

  private constructor(testEnvironment: TestEnvironment, browser: BrowserPool) {
    this.testEnvironment = testEnvironment;
    this.#browser = browser;
    this.#operator = testEnvironment.databaseAs('rcm_operator');
  }

  static async open(): Promise<DayEnvironment> {
    const recipe = await readRecipeFile('borealis-day-codes');
    const testEnvironment = await openTestEnvironment({
      endpoints: [],
      portalType: { propagationDelayMs: 200, lockoutThreshold: 5, lockoutMargin: 1, recipe },
    });
    const executablePath = process.env.RCM_CHROMIUM_PATH;
    const logger = createLogger({ name: 'test', level: 'silent' });
    const browser = createBrowserPool({ maxContexts: 4, logger, ...(executablePath ? { executablePath } : {}) });
    const opened = new DayEnvironment(testEnvironment, browser);
    const now = await testEnvironment.portals.now();
    await opened.pass(endOfCode({ day: ZONE }, now).getTime() + HOUR_MS - now.getTime());
    return opened;
  }

  /** Whether the portal has one message for a day, or sends the same code again at each login. */
  sends(dayCodes: 'sent_once' | 'sent_again'): Promise<unknown> {
    return this.testEnvironment.portals.setHabits('borealis', { dayCodes });
  }

  /** Time passes, here and at the portal. */
  async pass(ms: number): Promise<void> {
    await this.testEnvironment.portals.advance(ms);
    this.aheadMs += ms;
  }

  readonly #clock: Clock = {
    now: () => new Date(Date.now() + this.aheadMs),
    elapsed: () => performance.now() + this.aheadMs,
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
  };

  /** An agent's process: it has its own memory, and shares the database alone. */
  agent(): AgentAccess {
    const logger = createLogger({ name: 'test', level: 'trace', destination: { write: (line: string) => void this.log.push(line) } });
    const metrics = createMetrics();
    const { aws } = this.testEnvironment;
    const stores = createTenantStores({
      ...{ region: aws.region, endpoint: aws.endpoint, environment: this.testEnvironment.environmentName, kmsKeyId: aws.kmsKeyArn },
      ...{ roleArn: aws.tenantRoleArn('agent'), credentials: aws.taskCredentials('rcm-agent-task') },
    });
    const keptCodes = new KeptCodes({ clock: this.#clock });
    return {
      ...{ db: this.testEnvironment.databaseAs('rcm_agent'), clock: this.#clock, logger, metrics, credentials: createCredentialManager({ stores, metrics }) },
      drivers: new Drivers(this.#browser, logger, metrics),
      sessions: new SessionCache({ maxSessions: 0, idleMs: 60_000 }),
      lease: { ttlMs: 60_000, waitMs: 60_000, pollMs: 50 },
      login: { loginDeadlineMs: 120_000, totpWaitMs: 120_000, personWaitMs: 600_000, keptCodes },
      illness: { windowMs: 600_000, suspects: 3 },
      keys: this.testEnvironment.identityKeys,
    };
  }

  /** A login whose portal sends its account codes, and whose secret says that a person is asked for them. */
  async account(change: Partial<CredentialPayload> = {}): Promise<EnvironmentEndpoint> {
    const endpoint = await this.testEnvironment.addEndpoint('borealis');
    const current = await currentOf(this.testEnvironment, endpoint);
    const payload = parsePayload(current.text).map((before): CredentialPayload => ({ ...before, mfa_seed: null, second_factors: ['person'], ...change }));
    await this.testEnvironment.stores.forTenant(endpoint.orgId).replace(parseReference(endpoint.secretArn), serializePayload(payload), current.version);
    const { username, password } = payload.reveal();
    await this.testEnvironment.portals.createAccount({ portal: 'borealis', username, password, receivesCodes: true });
    return endpoint;
  }

  /** A login, which nobody answers here; how it ended. */
  enter(access: AgentAccess, { orgId, id }: EnvironmentEndpoint): Promise<unknown> {
    const visit = { orgId, endpointId: id, holder: 'test-agent', signal: new AbortController().signal };
    return withAgentSession(access, visit, async () => ({ value: 'accepted', session: 'close' }) as const).catch(
      ({ code, details: { outcome } }: RcmError) => ({
        ...{ code, outcome },
      }),
    );
  }

  /** A login, answered with the portal's last message as often as somebody is asked. */
  visit(access: AgentAccess, endpoint: EnvironmentEndpoint): Promise<Visited> {
    return this.answered(endpoint, this.enter(access, endpoint));
  }

  /** Whatever of this login goes on, while somebody answers it. */
  async answered(endpoint: EnvironmentEndpoint, going: Promise<unknown>): Promise<Visited> {
    const done = new AbortController();
    let asked = 0;
    const answering = (async () => {
      for (; !done.signal.aborted; void (await systemClock.sleep(LOOK_MS))) {
        const { orgId, id } = endpoint;
        const wanted = (await listWantedCodes(this.#operator, { orgId, limit: 50 })).find((each) => each.endpointId === id && each.answeredBy === null);
        const key = wanted && (await keyOfCodeRequest(this.#operator, wanted.id, 'every tenant'));
        if (!wanted || !key) continue;
        asked += 1;
        const code = new Secret((await this.sent(endpoint)).at(-1)?.code ?? '');
        const sealed = sealCode(key.publicKey, wanted.id, code);
        await answerCodeRequest(this.#operator, wanted.id, { sealed, actor: 'person:os:jane', reason: 'a test', scope: 'every tenant' });
      }
    })();
    const end = await going.finally(() => done.abort());
    await answering;
    return { end, asked };
  }

  sent = (endpoint: EnvironmentEndpoint) => this.testEnvironment.portals.sentCodes(endpoint);

  /** How often somebody was asked for a code of its logins. */
  async asks({ id, orgId }: EnvironmentEndpoint): Promise<number> {
    const rows = await this.testEnvironment.db.transaction(
      { tenant: orgId },
      (tx) => tx.$queryRaw<{ asks: number }[]>`SELECT count(*)::int AS asks FROM code_request WHERE endpoint_id = ${id} AND asked_at IS NOT NULL`,
    );
    return rows[0]?.asks ?? 0;
  }

  /** What the portal counted of the account, and whether it is locked. */
  async counts({ username }: EnvironmentEndpoint): Promise<readonly [accepted: number, rejected: number, locked: boolean]> {
    const { loginsAccepted, loginsRejected, locked } = await this.testEnvironment.portals.account('borealis', username);
    return [loginsAccepted, loginsRejected, locked];
  }

  /** What the ledger keeps of each of its logins: the end, and what that says of the password. */
  async ledger({ id, orgId }: EnvironmentEndpoint): Promise<readonly (readonly [string, string])[]> {
    const rows = await this.testEnvironment.db.transaction(
      { tenant: orgId },
      (tx) => tx.$queryRaw<{ outcome: string; effect: string }[]>`SELECT outcome, effect FROM login_attempt WHERE endpoint_id = ${id} ORDER BY started_at`,
    );
    return rows.map(({ outcome, effect }) => [outcome, effect] as const);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.testEnvironment.close();
  }
}
