import { createHash, randomUUID } from 'node:crypto';
import { Secret } from '@rcm/telemetry';
import { freshDatabase } from '@rcm/test-services';
import pg from 'pg';
import type { Database } from './database.ts';
import { openDatabase } from './open-database.ts';
import type { NewPortalType } from './endpoints/endpoint.ts';
import type { LoginName } from './endpoints/follow-account.ts';
import { insertEndpoint, upsertOrganization, upsertPortalType } from './endpoints/seed.ts';
import { planRotation } from './journal/open.ts';
import { acquireExclusiveLease } from './leases/acquire.ts';
import type { Lease } from './leases/lease.ts';
import { recordMigrated } from './legacy/migrate.ts';
import type { AppRole } from './roles/app-role.ts';
import { keyFileWrapping } from './sealing/key-file.ts';
import type { Requester } from './tasks/requester.ts';
import { migrateWithLogins, PLAIN_PORTAL_TYPE, urlFor } from './testing.ts';

/** A database of one test file: as many `Database` instances (processes, in effect) as it asks for, and raw SQL to look behind them. */
export interface TestDatabase {
  /** Superuser URL. */
  readonly url: string;
  /** As a superuser, whom no right and no policy stops: to make what a test starts from. */
  readonly db: Database;
  /** As the apps log in. */
  readonly agent: Database;
  readonly rotator: Database;
  readonly migrator: Database;
  /** Another process of the same app on the same database. */
  another(role: AppRole): Database;
  sql<R extends pg.QueryResultRow = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<R[]>;
  close(): Promise<void>;
}

export async function openTestDatabase(): Promise<TestDatabase> {
  const { url, drop } = await freshDatabase({ migrate: migrateWithLogins });
  const opened: Database[] = [];
  const open = (options: { readonly url: string; readonly role?: AppRole }): Database => {
    const db = openDatabase({ ...options, applicationName: `test ${opened.length}`, maxConnections: 5, dataKeys: TEST_KEYS });
    opened.push(db);
    return db;
  };
  const another = (role: AppRole) => open({ url: urlFor(role, url), role });
  const raw = new pg.Pool({ connectionString: url, max: 3 });
  // A connection that a test has ended (copyDatabase) shows at the next query.
  raw.on('error', () => undefined);
  return {
    url,
    db: open({ url }),
    agent: another('rcm_agent'),
    rotator: another('rcm_rotator'),
    migrator: another('rcm_migrator'),
    another,
    sql: async <R extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) => (await raw.query<R>(text, [...values])).rows,
    async close() {
      await Promise.all(opened.map((db) => db.close()));
      await raw.end();
      await drop();
    },
  };
}

/** What wraps data keys in tests that are not about it. */
export const TEST_KEYS = keyFileWrapping({ id: 'test', key: new Secret(randomUUID() + randomUUID()) });

export const PORTAL: NewPortalType = { ...PLAIN_PORTAL_TYPE, hosts: ['alpine.example', 'alpine.example:8443'] };

/** Who asks for tasks. */
export const REQUESTER = { kind: 'token', subject: 'claims-service', issuer: 'https://identity.example/' } as const satisfies Requester;

export const identityOf = (text: string): string => createHash('sha256').update(text).digest('hex');
/** What the ledger knows a password by. */
export const printOf = (password: string, keyId = '1'): string => `${keyId}:${createHash('sha256').update(`${keyId} ${password}`).digest('hex')}`;
export const secretOf = (orgId: string, endpointId: string): string =>
  `arn:aws:ssm:us-east-1:123456789012:parameter/rcm/test/${orgId}/endpoints/${endpointId}/account`;

export interface TestEndpoint {
  readonly endpointId: string;
  readonly orgId: string;
  readonly loginIdentity: string;
  readonly secretArn: string;
}

let made = 0;

/** An organization with one migrated endpoint at version `1`, all its own. `names`: of its account under several keys, in place of `loginIdentity`. */
export async function makeEndpoint(
  db: Database,
  options: Partial<TestEndpoint> & { readonly portal?: Partial<NewPortalType>; readonly names?: readonly LoginName[] } = {},
): Promise<TestEndpoint> {
  made += 1;
  const orgId = options.orgId ?? `org-${made}`;
  const endpointId = options.endpointId ?? `endpoint-${made}`;
  const [name, ...otherNames] = options.names ?? [];
  const endpoint = {
    endpointId,
    orgId,
    loginIdentity: name?.id ?? options.loginIdentity ?? identityOf(endpointId),
    secretArn: options.secretArn ?? secretOf(orgId, endpointId),
  };
  const portal = { ...PORTAL, ...(options.portal ? { code: `portal-${made}` } : {}), ...options.portal };
  await upsertOrganization(db, { id: orgId, name: orgId });
  await upsertPortalType(db, portal);
  await insertEndpoint(db, {
    id: endpointId,
    orgId,
    portalTypeCode: portal.code,
    accountId: `account-${made}`,
    baseUrl: `https://${portal.hosts[0]}/`,
    config: new Secret({ note: 'kept' }),
  });
  await recordMigrated(db, { ...endpoint, version: '1', fingerprint: 'f', ...(name ? { identityKeyId: name.keyId, otherNames } : {}) });
  return endpoint;
}

export async function exclusiveLease(db: Database, endpoint: TestEndpoint, ttlMs = 60_000): Promise<Lease> {
  const answer = await acquireExclusiveLease(db, { ...endpoint, holder: `rotator-${randomUUID()}`, ttlMs, wantMs: 1000 });
  if (!answer.granted) throw new Error(`no exclusive lease: ${answer.reason}`);
  return answer.lease;
}

/** A rotation attempt in state `planned`, with the lease it was planned under. */
export async function plannedAttempt(db: Database, endpoint: TestEndpoint): Promise<{ attemptId: string; fence: bigint; leaseId: string }> {
  const lease = await exclusiveLease(db, endpoint);
  const attemptId = randomUUID();
  const plan = await planRotation(db, {
    ...endpoint,
    attemptId,
    leaseId: lease.id,
    fence: lease.fence,
    owner: 'rotator',
    reason: 'due',
    baseVersion: '1',
    recipeHash: 'hash',
  });
  if (!plan.created) throw new Error('not planned');
  return { attemptId, fence: lease.fence, leaseId: lease.id };
}
