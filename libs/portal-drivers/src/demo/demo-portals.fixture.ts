import { createLogger, Secret } from '@rcm/telemetry';
import { type DemoPortals, startDemoPortals } from '@rcm/demo-portals';
import { createBrowserPool, createRecipeDriver, readRecipeFile, totpCode, type BrowserPool, type PortalSession, type StepTrace } from '../index.ts';
import type { LoginOptions, PortalCredential } from '../driver.ts';

export type Code = 'alpine' | 'borealis' | 'cascade';

export interface Account {
  readonly portal: Code;
  readonly username: string;
  readonly password: string;
  readonly mfaSeed?: string;
}

export const forever = (): AbortSignal => new AbortController().signal;

export const credentialOf = (account: Pick<Account, 'username' | 'password'>): PortalCredential => ({
  username: new Secret(account.username),
  password: new Secret(account.password),
  custom: {},
});

/** The demo portals, a browser, and everything that was returned or traced while they were used. */
export class DemoRun {
  readonly portals: DemoPortals;
  readonly pool: BrowserPool;
  readonly returned: unknown[] = [];
  readonly traces: StepTrace[] = [];
  readonly #open = new Set<PortalSession>();

  private constructor(portals: DemoPortals, pool: BrowserPool) {
    this.portals = portals;
    this.pool = pool;
  }

  static async start(): Promise<DemoRun> {
    const pool = createBrowserPool({
      maxContexts: 4,
      logger: createLogger({ name: 'test', level: 'silent' }),
      executablePath: process.env['RCM_CHROMIUM_PATH'],
    });
    return new DemoRun(await startDemoPortals(), pool);
  }

  async close(): Promise<void> {
    await this.pool.close();
    await this.portals.close();
  }

  async control(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(`${this.portals.control.baseUrl}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`control port: ${response.status} ${await response.text()}`);
    return (await response.json()) as Record<string, unknown>;
  }

  accepts = async (account: Account): Promise<boolean> =>
    (await this.control('POST', '/accepts', { portal: account.portal, username: account.username, password: account.password }))['accepts'] === true;

  async session(portal: Code): Promise<PortalSession> {
    const { baseUrl } = this.portals.portals[portal];
    const recipe = await readRecipeFile(portal);
    const driver = createRecipeDriver({ recipe, hosts: [new URL(baseUrl).host], browser: this.pool, onStep: (step) => this.traces.push(step) });
    const session = await driver.openSession({ baseUrl, signal: forever() });
    this.#open.add(session);
    return session;
  }

  /** Closes what a test left open, so that a failed one takes no place from the next. */
  async closeSessions(): Promise<void> {
    await Promise.all([...this.#open].map((session) => session.close()));
    this.#open.clear();
  }

  async login(session: PortalSession, account: Account, more: Partial<LoginOptions> = {}) {
    const { mfaSeed } = account;
    const totp = mfaSeed === undefined ? null : async () => totpCode({ seed: new Secret(mfaSeed), step: Math.floor(Date.now() / 30_000) });
    const result = await session.login({
      credential: credentialOf(account),
      totp,
      beforeSubmit: async () => undefined,
      deadlineMs: 20_000,
      signal: forever(),
      ...more,
    });
    this.returned.push(result);
    return result;
  }

  async change(session: PortalSession, account: Account, newPassword: string) {
    const outcome = await session.changePassword({
      credential: credentialOf(account),
      newPassword: new Secret(newPassword),
      beforeSubmit: async () => undefined,
      deadlineMs: 20_000,
      signal: forever(),
    });
    this.returned.push(outcome);
    return outcome;
  }

  async claim(session: PortalSession, claimNumber: string) {
    const outcome = await session.runTask({ name: 'claim_status', input: { claim_number: claimNumber }, deadlineMs: 20_000, signal: forever() });
    this.returned.push(outcome);
    return outcome;
  }
}
