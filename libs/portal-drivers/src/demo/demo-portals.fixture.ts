import { createLogger, Secret } from '@rcm/telemetry';
import { isLongForm } from '@rcm/test-services';
import { type DemoPortals, type DemoPortalsOptions, startDemoPortals } from '@rcm/demo-portals';
import {
  createBrowserPool,
  createRecipeDriver,
  readRecipeFile,
  totpCode,
  type BrowserPool,
  type PortalSession,
  type Recipe,
  type StepTrace,
} from '../index.ts';
import { ALLOWED } from '../corpus/confirm.fixture.ts';
import type { ChangeOptions, LoginOptions, PortalCredential } from '../driver.ts';
import type { DeclaredHost } from '../network/declared-host.ts';
import { patientRecipe } from '../testing.ts';

export type Code = 'alpine' | 'borealis' | 'cascade';
/** Wherever there are accounts. */
export type Realm = Code | 'delta';

export interface Account {
  readonly portal: Realm;
  readonly username: string;
  readonly password: string;
  readonly mfaSeed?: string;
}

/** Where a behaviour is tried: on a change at the portals that are named, by turns, in the long form at each. */
export const byTurns = (...onChange: readonly Code[]): readonly Code[] => (isLongForm() ? ['alpine', 'borealis', 'cascade'] : onChange);

export const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** What an account begins with, and what it is changed to. */
export const PASSWORDS: Record<Realm, readonly [string, string]> = {
  alpine: ['Canary-Alp1ne-ÜberPass🔑', 'Next-Canary-Alp1ne<&"\'>'],
  borealis: ['Canary-B0real-4711', 'Next-B0real-Xy_99'],
  cascade: ['CanaryC4sc#', 'NextC4sc!z'],
  delta: ['Canary-Delt4-Pass<&"\'>', 'Next-Canary-Delt4%+=?'],
};

export const nextPassword = (of: Account): Account => ({ ...of, password: PASSWORDS[of.portal][1] });
export const wrong = (of: Account): Account => ({ ...of, password: 'Wr0ng-Canary!' });

/** What the status of a claim that portals show means, in the words of results. */
export const MEANS: Readonly<Record<string, string>> = {
  Received: 'received',
  'In review': 'in_review',
  'Pending information': 'provider_information_requested',
  Approved: 'approved',
  Paid: 'paid',
  Denied: 'denied',
};

const STEP_MS = 30_000;

/** For a whole act, on a machine that is ten times as slow. */
const PATIENT_MS = 60_000;

export const forever = (): AbortSignal => new AbortController().signal;

export const credentialOf = (account: Pick<Account, 'username' | 'password'>): PortalCredential => ({
  username: new Secret(account.username),
  password: new Secret(account.password),
  custom: {},
});

export interface SessionOptions {
  readonly recipe?: Recipe | undefined;
  readonly baseUrl?: string;
  /** Further hosts. */
  readonly hosts?: readonly DeclaredHost[];
  /** Of each step, where a test waits for the end of one. Default: a patient recipe's. */
  readonly stepDeadlineMs?: number;
  /** For a logout that the test looks at: one that comes to nothing, as after a change that ended the session, is waited for to its end. Default: the driver's. */
  readonly logoutMs?: number;
}

/** As long as a busy machine needs. */
export const PATIENT_LOGOUT_MS = 20_000;

export const browserForAll = (): BrowserPool =>
  createBrowserPool({ maxContexts: 4, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH });

/** The demo portals, a browser, and everything that was returned or traced while they were used. */
export class DemoRun {
  readonly portals: DemoPortals;
  readonly pool: BrowserPool;
  readonly returned: unknown[] = [];
  readonly traces: StepTrace[] = [];
  readonly #open = new Set<PortalSession>();
  readonly #lastSteps = new Map<string, number>();
  readonly #isOwnPool: boolean;
  #accounts = 0;

  private constructor(portals: DemoPortals, pool: BrowserPool, isOwnPool: boolean) {
    this.portals = portals;
    this.pool = pool;
    this.#isOwnPool = isOwnPool;
  }

  /** With a browser of its own, unless the file has one for all its portals. */
  static async start({ pool, ...options }: DemoPortalsOptions & { readonly pool?: BrowserPool } = {}): Promise<DemoRun> {
    return new DemoRun(await startDemoPortals(options), pool ?? browserForAll(), pool === undefined);
  }

  async close(): Promise<void> {
    if (this.#isOwnPool) await this.pool.close();
    await this.portals.close();
  }

  /** An account that no other test has. */
  async account(portal: Realm, more: Partial<Account> = {}): Promise<Account> {
    this.#accounts += 1;
    const username = `CANARYUSER${this.#accounts}`;
    const made: Account = { portal, username, password: PASSWORDS[portal][0], ...(portal === 'borealis' ? { mfaSeed: SEED } : {}), ...more };
    await this.control('POST', '/accounts', made);
    return made;
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
    (await this.control('POST', '/accepts', { portal: account.portal, username: account.username, password: account.password })).accepts === true;

  /** By the portal's own recipe, at its own address, unless another is given. */
  async session(portal: Code, more: SessionOptions = {}): Promise<PortalSession> {
    return this.sessionAt(more.baseUrl ?? this.portals.portals[portal].baseUrl, more.recipe ?? (await readRecipeFile(portal)), more);
  }

  /** Of any site, with the hosts that its recipe needs beside. */
  async sessionAt(baseUrl: string, own: Recipe, more: Pick<SessionOptions, 'hosts' | 'stepDeadlineMs' | 'logoutMs'> = {}): Promise<PortalSession> {
    const hosts = [{ host: new URL(baseUrl).host, address: 'loopback' as const }, ...(more.hosts ?? [])];
    const recipe = more.stepDeadlineMs === undefined ? patientRecipe(own) : { ...own, step_deadline_ms: more.stepDeadlineMs };
    const driver = createRecipeDriver({ recipe, hosts, browser: this.pool, logoutMs: more.logoutMs, onStep: (step) => this.traces.push(step) });
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
    const totp = this.codesOf(account);
    const result = await session.login({
      credential: credentialOf(account),
      totp,
      beforeSubmit: async () => undefined,
      deadlineMs: PATIENT_MS,
      signal: forever(),
      ...more,
    });
    this.returned.push(result);
    return result;
  }

  /** Codes of the account's seed, none of them twice; null: it has none. */
  codesOf(account: Account): LoginOptions['totp'] {
    const { mfaSeed } = account;
    return mfaSeed === undefined ? null : async () => totpCode({ seed: new Secret(mfaSeed), step: this.#unusedStep(account) });
  }

  /** No code is used twice: the portal takes the next step's already, which is enough for two logins right after each other. */
  #unusedStep({ username }: Account): number {
    const step = Math.max(Math.floor(Date.now() / STEP_MS), (this.#lastSteps.get(username) ?? 0) + 1);
    this.#lastSteps.set(username, step);
    return step;
  }

  async change(session: PortalSession, account: Account, newPassword: string, more: Partial<ChangeOptions> = {}) {
    const outcome = await session.changePassword({
      credential: credentialOf(account),
      newPassword: new Secret(newPassword),
      totp: null,
      confirm: ALLOWED,
      beforeSubmit: async () => undefined,
      deadlineMs: PATIENT_MS,
      signal: forever(),
      ...more,
    });
    this.returned.push(outcome);
    return outcome;
  }

  async claim(session: PortalSession, claimNumber: string) {
    const outcome = await session.runTask({ name: 'claim_status', input: { claim_number: claimNumber }, deadlineMs: PATIENT_MS, signal: forever() });
    this.returned.push(outcome);
    return outcome;
  }
}
