import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createLogger, Secret } from '@rcm/telemetry';
import {
  type BrowserPool,
  type ChangeOutcome,
  createBrowserPool,
  createRecipeDriver,
  type LoginResult,
  type PortalCredential,
  type PortalDriver,
  type PortalSession,
  parseRecipe,
  type StepTrace,
  type TaskOutcome,
} from '@rcm/portal-drivers';
import { CodeBook } from './code-book.fixture.ts';
import type { Account, PortalFolder } from './description.ts';
import { prepare, serve, type ServedPortal } from './serve.ts';

/** Generous, as is a step's, which no recipe may set higher: the machine may be busy with other suites, and an application that hashes a password with it. */
const ACT_MS = 600_000;
const STEP_MS = 120_000;
/** Of logins, a second apart, before the portal counts as gone: the one that starts its server anew after a change is back within the first. */
const TRIES = 60;
const never = (): AbortSignal => new AbortController().signal;

export interface LoginChoice {
  readonly password?: string | undefined;
  readonly code?: 'none' | 'wrong' | undefined;
}

/** An application that serves, a browser, and the accounts as they are now. */
export class PortalRun {
  readonly traces: StepTrace[] = [];
  readonly #portal: PortalFolder;
  readonly #served: ServedPortal;
  readonly #data: string;
  readonly #pool: BrowserPool;
  readonly #driver: PortalDriver;
  readonly #codes = new CodeBook();
  readonly #passwords = new Map<string, string>();

  private constructor(portal: PortalFolder, served: ServedPortal, data: string) {
    this.#portal = portal;
    this.#served = served;
    this.#data = data;
    this.#pool = createBrowserPool({
      maxContexts: 2,
      logger: createLogger({ name: 'test', level: 'silent' }),
      executablePath: process.env.RCM_CHROMIUM_PATH,
    });
    this.#driver = createRecipeDriver({
      recipe: { ...parseRecipe(portal.recipe), step_deadline_ms: STEP_MS },
      hosts: [
        { host: new URL(served.baseUrl).host, address: 'loopback' },
        ...[...served.hosts].map(([name, host]) => ({ host, name, address: 'loopback' as const })),
      ],
      browser: this.#pool,
      onStep: (step) => this.traces.push(step),
    });
  }

  /** Prepares and starts the application; where it is not installed, why, in words. */
  static async start(portal: PortalFolder): Promise<PortalRun | { readonly absent: string }> {
    const prepared = await prepare(portal);
    if ('absent' in prepared) return prepared;
    const data = await mkdtemp(join(tmpdir(), `rcm-${portal.name}-`));
    return new PortalRun(portal, await serve(portal, { folder: prepared.folder, data }), data);
  }

  get startMs(): number {
    return this.#served.startMs;
  }

  account(name: string): Account {
    const account = this.#portal.description.accounts[name];
    if (!account) throw new Error(`portal.json has no account "${name}"`);
    return { ...account, password: this.#passwords.get(name) ?? account.password };
  }

  /** From now on the account has this password. */
  setPassword(name: string, password: string): void {
    this.#passwords.set(name, password);
  }

  async inSession<T>(use: (session: PortalSession) => Promise<T>): Promise<T> {
    const session = await this.#driver.openSession({ baseUrl: this.#served.baseUrl, signal: never() });
    try {
      return await use(session);
    } finally {
      await session.close();
    }
  }

  login(session: PortalSession, name: string, { password, code }: LoginChoice = {}): Promise<LoginResult> {
    const { mfaSeed: seed } = this.account(name);
    const totp = async () => (code === 'wrong' ? this.#codes.wrong(seed ?? '') : this.#codes.next(seed ?? ''));
    return session.login({
      credential: this.#credential(name, password),
      totp: seed === undefined || code === 'none' ? null : totp,
      beforeSubmit: async () => undefined,
      deadlineMs: ACT_MS,
      signal: never(),
    });
  }

  /**
   * How a login in a session of its own ends. Where the portal starts its server anew after a change (`mayNotAnswer`), an outage says
   * nothing of the password, and the login is asked again as a rotator would; every other end is taken as it is.
   */
  async verdictOnLogin(name: string, choice: LoginChoice = {}): Promise<LoginResult['outcome']['kind']> {
    for (let tried = 1; ; tried++) {
      const { outcome } = await this.inSession((session) => this.login(session, name, choice));
      if (outcome.kind !== 'unavailable' || !this.#portal.description.mayNotAnswer || tried === TRIES) return outcome.kind;
      await pause(1_000);
    }
  }

  change(session: PortalSession, name: string, newPassword: string): Promise<ChangeOutcome> {
    return session.changePassword({
      credential: this.#credential(name),
      newPassword: new Secret(newPassword),
      totp: null,
      confirm: { before: async () => undefined, after: async () => undefined },
      beforeSubmit: async () => undefined,
      deadlineMs: ACT_MS,
      signal: never(),
    });
  }

  task(session: PortalSession, name: string, input: Readonly<Record<string, string>>): Promise<TaskOutcome> {
    return session.runTask({ name, input, deadlineMs: ACT_MS, signal: never() });
  }

  async stop(): Promise<void> {
    await this.#pool.close();
    await this.#served.stop();
    await rm(this.#data, { recursive: true, force: true });
  }

  #credential(name: string, password?: string): PortalCredential {
    const account = this.account(name);
    return { username: new Secret(account.username), password: new Secret(password ?? account.password), custom: {} };
  }
}
