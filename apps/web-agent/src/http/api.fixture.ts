import { type Database, openDatabase } from '@rcm/db';
import { insertEndpoint, upsertOrganization, upsertPortalType } from '@rcm/db/admin';
import { keyFileWrapping } from '@rcm/db/sealing';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from '@rcm/db/testing';
import { createLogger, createMetrics, Secret } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import { Writable } from 'node:stream';
import { type Issuer, startIssuer } from './issuer.fixture.ts';
import { type ApiServer, startApi } from './server.ts';

/** By the id `test`. */
export const TASK_KEY = 'k'.repeat(32);
const DATA_KEYS = keyFileWrapping({ id: 'test', key: new Secret(TASK_KEY) });
const RECIPE = {
  version: 1,
  name: 'alpine',
  login: {
    outcomes: [
      { when: { text: 'Welcome' }, is: 'accepted' },
      { when: { text: 'Wrong' }, is: 'rejected' },
    ],
  },
  codes: { from: ['+1 555 010 0100', 'ALPINE', 'codes@alpine.example'], pattern: 'your alpine code is {code}' },
  tasks: {
    claim_status: {
      input: { claim_number: { type: 'text', max_length: 40 }, since: { type: 'date', optional: true } },
      steps: [{ open: '/claims' }],
      outcomes: [
        { when: { text: 'Results' }, is: 'found' },
        { when: { text: 'Nothing' }, is: 'nothing_found' },
      ],
      rows: { each: { css: 'tr' }, columns: { number: { cell: 1 } } },
    },
    payments: {
      steps: [{ open: '/payments' }],
      outcomes: [
        { when: { text: 'Results' }, is: 'found' },
        { when: { text: 'Nothing' }, is: 'nothing_found' },
      ],
      rows: {
        each: { css: 'tr' },
        columns: { check: { cell: 1 }, sum: { cell: 2, type: 'money' }, day: { cell: 3, type: 'date', format: 'MM/DD/YYYY' } },
      },
      contract: { is: 'remittance_list', currency: 'USD', values: { payment_number: 'check', amount: 'sum', payment_date: 'day' } },
    },
  },
};

export interface Ask {
  readonly org?: string | null;
  readonly scope?: string;
  readonly sub?: string;
  readonly key?: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly type?: string;
  readonly port?: number;
  readonly requestId?: string;
}

/** An API over a database with three organizations, `one`, `two` and `busy`, each with an endpoint `alpine-ORG`; and somebody who asks it. */
export interface ApiEnvironment {
  readonly owner: Database;
  /** As a web-agent. */
  readonly db: Database;
  /** A superuser's, of the database. */
  readonly url: string;
  readonly issuer: Issuer;
  readonly api: ApiServer;
  /** Everything that was logged so far. */
  logged(): string;
  /** Another API over the same database. */
  start(options: Partial<Parameters<typeof startApi>[0]>): Promise<ApiServer>;
  ask(path: string, ask?: Ask): Promise<{ status: number; headers: Headers; json: Record<string, unknown>; text: string }>;
  close(): Promise<void>;
}

export async function openApiEnvironment(): Promise<ApiEnvironment> {
  let logged = '';
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      logged += chunk.toString();
      done();
    },
  });
  const database = await freshDatabase({ migrate: migrateWithLogins });
  const owner = openDatabase({ url: database.url, applicationName: 'test' });
  await seed(owner);
  const db = openDatabase({ url: urlFor('rcm_agent', database.url), applicationName: 'test agent', role: 'rcm_agent', dataKeys: DATA_KEYS });
  const issuer = await startIssuer();
  const start = (options: Partial<Parameters<typeof startApi>[0]>): Promise<ApiServer> =>
    startApi({
      db,
      logger: createLogger({ name: 'api', level: 'trace', destination: sink }),
      metrics: createMetrics(),
      port: 0,
      host: '127.0.0.1',
      perMinute: 10_000,
      maxQueued: 1_000,
      bodyLimitBytes: 4_096,
      token: {
        issuer: issuer.name,
        audience: issuer.audience,
        jwksUrl: issuer.jwksUrl,
        algorithms: ['ES256'],
        types: ['at+jwt'],
        tenantClaim: 'tenant_id',
        scopeClaim: 'scope',
        maxAgeMs: 3_600_000,
        clockToleranceMs: 5_000,
        jwksTimeoutMs: 5_000,
        jwksMaxAgeMs: 600_000,
        jwksCooldownMs: 30_000,
      },
      ...options,
    });
  const api = await start({});
  return {
    owner,
    db,
    url: database.url,
    issuer,
    api,
    logged: () => logged,
    start,
    async ask(
      path,
      {
        org = 'one',
        scope = 'tasks:write tasks:read:org',
        sub = 'claims-service',
        key,
        method = 'GET',
        body,
        type = 'application/json',
        port = api.port,
        requestId,
      } = {},
    ) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: {
          ...(org === null ? {} : { authorization: `Bearer ${await issuer.token(org, { claims: { scope, sub } })}` }),
          ...(key === undefined ? {} : { 'idempotency-key': key }),
          ...(body === undefined ? {} : { 'content-type': type }),
          ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, json: (text.startsWith('{') ? JSON.parse(text) : {}) as Record<string, unknown>, text };
    },
    async close() {
      await api.close();
      await issuer.close();
      await Promise.all([db, owner].map((each) => each.close()));
      await database.drop();
    },
  };
}

/** A portal type, of which a test may have more. */
export async function makePortal(owner: Database, code: string, recipe: object): Promise<void> {
  await upsertPortalType(owner, { ...PLAIN_PORTAL_TYPE, code, name: code, hosts: [`${code}.example`], recipe, maxSessionsPerAccount: 1, maxConcurrency: 1 });
}

async function seed(owner: Database): Promise<void> {
  await makePortal(owner, 'alpine', RECIPE);
  for (const name of ['one', 'two', 'busy']) {
    await upsertOrganization(owner, { id: name, name });
    await insertEndpoint(owner, { id: `alpine-${name}`, orgId: name, portalTypeCode: 'alpine', accountId: 'a', baseUrl: 'https://alpine.example/' });
  }
}
