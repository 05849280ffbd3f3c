import { inspect } from 'node:util';
import { createLogger, Secret } from '@rcm/telemetry';
import {
  type BlockedRequest,
  type BrowserPool,
  type ChangeOptions,
  createBrowserPool,
  createRecipeDriver,
  type LoginOptions,
  type PortalCredential,
  type PortalSession,
  type Recipe,
  type RecipeDriverOptions,
  type StepTrace,
} from '../index.ts';
import { UNASKED } from './confirm.fixture.ts';
import { type CorpusServer, startCorpus } from './corpus.fixture.ts';

/** Values that must be in nothing that comes back; one with every character that some form of writing changes. */
export const CANARY = { username: 'canary-user@example.test', password: 'Canary p&ss/"wörd"+=1', newPassword: 'Canary-n€xt<&>%2F', code: '904731' };

export const credential: PortalCredential = { username: new Secret(CANARY.username), password: new Secret(CANARY.password), custom: {} };

/** A corpus portal, a second origin that must never hear anything, a browser, and all that came back. */
export class CorpusRun {
  readonly portal: CorpusServer;
  readonly thief: CorpusServer;
  readonly pool: BrowserPool;
  readonly returned: unknown[] = [];
  readonly traces: StepTrace[] = [];
  readonly blocked: BlockedRequest[] = [];
  readonly #open = new Set<PortalSession>();

  private constructor(portal: CorpusServer, thief: CorpusServer, pool: BrowserPool) {
    this.portal = portal;
    this.thief = thief;
    this.pool = pool;
  }

  static async start(): Promise<CorpusRun> {
    const thief = await startCorpus();
    const portal = await startCorpus({ thief: thief.origin });
    return new CorpusRun(
      portal,
      thief,
      createBrowserPool({ maxContexts: 4, logger: createLogger({ name: 'test', level: 'silent' }), executablePath: process.env.RCM_CHROMIUM_PATH }),
    );
  }

  async session(recipe: Recipe, more: Partial<Pick<RecipeDriverOptions, 'evidence' | 'hosts' | 'lookup' | 'plaintextAllowed'>> = {}): Promise<PortalSession> {
    const driver = createRecipeDriver({
      recipe,
      hosts: [{ host: this.portal.host, address: 'loopback' }],
      browser: this.pool,
      onStep: (step) => this.traces.push(step),
      onBlocked: (one) => this.blocked.push(one),
      ...more,
    });
    const session = await driver.openSession({ baseUrl: this.portal.origin, signal: new AbortController().signal });
    this.#open.add(session);
    return session;
  }

  /** Closes sessions and forgets what was seen; what came back is kept for the canary test. */
  async clear(): Promise<void> {
    await Promise.all([...this.#open].map((session) => session.close()));
    this.#open.clear();
    for (const list of [this.portal.seen, this.thief.seen, this.blocked]) list.length = 0;
  }

  /** Posts that reached the portal's forms. */
  posts = (): number => this.portal.seen.filter((one) => one.method === 'POST' && one.url.startsWith('/answer/')).length;

  /** Canary values that are in an outcome, a trace or an error that came back, in whatever form. */
  leaked(): readonly string[] {
    const everything = [inspect(this.returned, { depth: 12, showHidden: true }), JSON.stringify(this.returned), JSON.stringify(this.traces)].join('\n');
    const formsOf = (secret: string) => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')];
    return Object.values(CANARY).filter((secret) => formsOf(secret).some((form) => everything.includes(form)));
  }

  async login(session: PortalSession, more: Partial<LoginOptions> = {}) {
    return this.keep(
      session.login({ credential, totp: null, beforeSubmit: async () => undefined, deadlineMs: 15_000, signal: new AbortController().signal, ...more }),
    );
  }

  async change(session: PortalSession, beforeSubmit: () => Promise<void> = async () => undefined, totp: ChangeOptions['totp'] = null) {
    return this.keep(
      session.changePassword({
        credential,
        newPassword: new Secret(CANARY.newPassword),
        totp,
        confirm: UNASKED,
        beforeSubmit,
        deadlineMs: 15_000,
        signal: new AbortController().signal,
      }),
    );
  }

  async work(session: PortalSession, input: Record<string, string> = {}, deadlineMs = 15_000) {
    return this.keep(session.runTask({ name: 'work', input, deadlineMs, signal: new AbortController().signal }));
  }

  /** Remembers what came back, or was thrown, and passes it on. */
  async keep<T>(pending: Promise<T>): Promise<T> {
    try {
      const value = await pending;
      this.returned.push(value);
      return value;
    } catch (error) {
      this.returned.push(error);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.clear();
    await this.pool.close();
    await Promise.all([this.portal.close(), this.thief.close()]);
  }
}
