import { openDatabase } from '@rcm/db';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { CLIENT_ID, type DemoPerson, startSignIn } from '@rcm/demo-sign-in';
import { createLogger, createMetrics, type Logger, type Metrics, Secret } from '@rcm/telemetry';
import { freePort, freshDatabase } from '@rcm/test-services';
import { parseGroups } from './access/groups.ts';
import { startConsole } from './server.ts';
import { Browser } from './browser.fixture.ts';

/** One of each role everywhere, one of each at `hospital-1` alone, some of two roles, and one whom nobody knows. */
export const PEOPLE: readonly DemoPerson[] = [
  ...['viewer', 'operator', 'approver', 'auditor'].flatMap((role) => [
    { id: `all-${role}`, name: `All ${role}`, groups: [`all-${role}`] },
    { id: `one-${role}`, name: `One ${role}`, groups: [`one-${role}`] },
  ]),
  { id: 'all-of-all', name: 'All of all', groups: ['all-operator', 'all-approver', 'all-auditor'] },
  { id: 'both', name: 'Both', groups: ['one-operator', 'one-approver'] },
  { id: 'mixed', name: 'Mixed', groups: ['one-viewer', 'two-operator'] },
  { id: 'nobody', name: 'Nobody', groups: ['staff'] },
];
const GROUPS = [
  ...['viewer', 'operator', 'approver', 'auditor'].flatMap((role) => [`all-${role}=${role}@*`, `one-${role}=${role}@hospital-1`]),
  'two-operator=operator@hospital-2',
].join(',');

export interface TestConsole {
  readonly origin: string;
  readonly issuer: string;
  readonly metrics: Metrics;
  /** Of the tables' owner. */
  readonly url: string;
  /** A browser in which this person has signed in; `null`: nobody has. */
  browser(person: string | null): Promise<Browser>;
  /** From then on nobody signs people in. */
  stopIssuer(): Promise<void>;
  close(): Promise<void>;
}

/** A console with two organizations, one login each, and a sign-in. `url`: on this database instead, which has its own rows. */
export async function openTestConsole(
  options: {
    readonly url?: string;
    readonly people?: readonly DemoPerson[];
    readonly amr?: string;
    readonly streams?: number;
    /** For an answer with a password. Default: as long as a test may take. */
    readonly waitMs?: number;
    /** Default: an operator may type passwords. */
    readonly takesPasswords?: boolean;
    /** Default: what is wrong, to stderr. */
    readonly logger?: Logger;
  } = {},
): Promise<TestConsole> {
  await using opened = new AsyncDisposableStack();
  const fresh = options.url === undefined ? await freshDatabase({ migrate: migrateWithLogins }) : { url: options.url, drop: () => Promise.resolve() };
  opened.defer(() => fresh.drop());
  if (options.url === undefined) await seed(fresh.url);
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const signIn = opened.adopt(await startSignIn({ redirectUris: [`${origin}/signed-in`], people: options.people ?? PEOPLE }), (each) => each.close());
  const db = opened.adopt(openDatabase({ url: urlFor('rcm_console', fresh.url), applicationName: 'console', role: 'rcm_console' }), (each) => each.close());
  const metrics = createMetrics();
  const groups = parseGroups(GROUPS);
  if (typeof groups === 'string') throw new Error(groups);
  opened.adopt(
    await startConsole({
      ...{
        db,
        origin,
        port,
        host: '127.0.0.1',
        groups,
        groupsClaim: 'groups',
        idleMs: 600_000,
        sessionMs: 3_600_000,
        live: { most: options.streams ?? 100, roundMs: 100 },
        // As long as a test may take: nothing here is about how long that is.
        passwords: { waitMs: options.waitMs ?? 3_600_000, leavesMs: 3_600_000 },
        takesPasswords: options.takesPasswords ?? true,
      },
      logger: options.logger ?? createLogger({ name: 'console', level: 'error' }),
      metrics,
      issuer: {
        ...{ issuer: signIn.issuer, clientId: CLIENT_ID, clientSecret: new Secret(signIn.clientSecret), scopes: 'openid profile groups' },
        ...{ acr: undefined, amr: options.amr },
      },
    }),
    (each) => each.close(),
  );
  const rest = opened.move();
  return {
    origin,
    issuer: signIn.issuer,
    metrics,
    url: fresh.url,
    async browser(person) {
      const browser = new Browser(origin);
      if (person !== null) await browser.signIn(person);
      return browser;
    },
    stopIssuer: () => signIn.close(),
    close: () => rest.disposeAsync(),
  };
}

/** Two hospitals, each with one login at one portal. */
export async function seed(url: string): Promise<void> {
  const owner = openDatabase({ url, applicationName: 'seed', maxConnections: 2 });
  await upsertPortalType(owner, PLAIN_PORTAL_TYPE);
  for (const number of [1, 2]) {
    await upsertOrganization(owner, { id: `hospital-${number}`, name: `Hospital ${number}` });
    const place = {
      id: `alpine-${number}`,
      orgId: `hospital-${number}`,
      portalTypeCode: 'alpine',
      accountId: 'front-desk',
      baseUrl: 'https://alpine.example/',
    };
    await insertEndpoint(owner, place);
  }
  await owner.close();
}
