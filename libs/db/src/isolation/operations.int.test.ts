import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Transaction } from '../database.ts';
import { followAccount } from '../endpoints/follow-account.ts';
import { findEndpoint, findOrganization, getEndpoint, listEndpoints } from '../endpoints/read.ts';
import { listDueEndpoints, listSharedIdentities, setNextRotation } from '../endpoints/schedule.ts';
import { countRefusedLogins, listWantedSearches } from '../endpoints/search.ts';
import { fleetFigures } from '../fleet/figures.ts';
import { advanceAttempt } from '../journal/advance.ts';
import { listCopiesToRemove } from '../journal/copies.ts';
import { keptLength } from '../journal/kept-length.ts';
import { listAttempts, listOpenAttempts } from '../journal/open.ts';
import { listLeases } from '../leases/upkeep.ts';
import { beginLoginAttempt } from '../ledger/attempt.ts';
import { migrationByOrganization } from '../legacy/by-organization.ts';
import { listConfigs } from '../legacy/configs.ts';
import { listLegacyEndpoints } from '../legacy/migrate.ts';
import { secretsRotatedElsewhere } from '../legacy/name-row.ts';
import { listProofs } from '../legacy/proofs.ts';
import { migrationCounts } from '../legacy/scrub.ts';
import { openDatabase } from '../open-database.ts';
import { finishPortalTask } from '../tasks/claim.ts';
import { identityOf, makeEndpoint, openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { urlFor } from '../testing.ts';
import { traceLogins } from '../trace/trace.ts';
import { CODES } from './operations/codes.fixture.ts';
import { ENDPOINTS } from './operations/endpoints.fixture.ts';
import { LOGINS } from './operations/logins.fixture.ts';
import { MIGRATION } from './operations/migration.fixture.ts';
import { busyTenant, type Named, nobodys, type Operations, PRINTS } from './operations/named.fixture.ts';
import { ROTATIONS } from './operations/rotations.fixture.ts';
import { TASKS } from './operations/tasks.fixture.ts';

let t: TestDatabase;
beforeAll(async () => {
  t = await openTestDatabase();
});
afterAll(async () => {
  await t.close();
});

const OPERATIONS: Operations = { ...ENDPOINTS, ...LOGINS, ...CODES, ...ROTATIONS, ...TASKS, ...MIGRATION };

/** What a caller can learn: the answer, or code and sentence of the error, with the names it gave itself left out. */
async function answerOf(operation: Operations[string], named: Named): Promise<string> {
  const said = await operation(t, named).then(
    (value) => JSON.stringify({ value }, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part)),
    (error: unknown) => JSON.stringify({ code: (error as { code?: unknown }).code, message: String(error) }),
  );
  return said.replaceAll(named.orgId, 'ORG').replaceAll(named.endpointId, 'ENDPOINT');
}

describe('with another tenant’s names', () => {
  let mine: Named;
  let other: Named;
  beforeAll(async () => void ([mine, other] = [await busyTenant(t), await busyTenant(t)]));
  const everything = async () => {
    const rows = [];
    for (const table of [
      'integration_endpoint',
      'login_lease',
      'login_attempt',
      'rotation_attempt',
      'portal_task',
      'task_callback',
      'audit_event',
      'migration_proof',
      'login_identity',
      'login_clearance',
      'login_device',
      'backup_code_spent',
      'code_request',
      'inbound_seen',
      'mailbox_turn',
      'notice',
      'rotation_request',
      'login_request',
      'break_glass_reading',
      'login_typing',
      'audit_check',
      'portal_look',
      'portal_look_picture',
      'tenant_data_key',
    ])
      rows.push(await t.sql(`SELECT * FROM ${table} ORDER BY 1, 2`));
    return rows;
  };

  test.each(Object.entries(OPERATIONS))('%s answers as if there were no such thing, and changes nothing', async (_, operation) => {
    const before = await everything();
    const asked = await answerOf(operation, { ...other, orgId: mine.orgId });
    expect(await everything()).toEqual(before);
    expect(asked).toBe(await answerOf(operation, { ...nobodys(), orgId: mine.orgId }));
  });

  test('a lease, an attempt or a task of another tenant is of no use with one’s own endpoint', async () => {
    expect(await beginLoginAttempt(t.agent, { ...mine, leaseId: other.leaseId, actor: 'agent', version: '1', fingerprints: PRINTS })).toMatchObject({
      reason: 'lease_lost',
    });
    const to = [{ id: identityOf('another'), keyId: '1' }];
    expect(await followAccount(t.rotator, { ...mine, leaseId: other.leaseId, from: mine.loginIdentity, to, actor: 'a', knownAs: [mine.loginIdentity] })).toBe(
      'rotation_open',
    );
    expect(await advanceAttempt(t.rotator, { ...mine, attemptId: other.attemptId, fence: other.fence, from: 'planned', to: 'staged' })).toBe(false);
    expect(await finishPortalTask(t.agent, { ...mine, taskId: other.taskId, worker: 'w', result: {} })).toBe(false);
  });

  test('a tenant that is no id is refused before anything is asked: it could mean every tenant', async () => {
    for (const orgId of ['*', '', 'a b', `x' OR '1'='1`])
      await expect(getEndpoint(t.agent, { ...mine, orgId })).rejects.toMatchObject({ code: 'input_invalid' });
  });
});

test('the tenant ends with its transaction: whoever gets the connection next has none, also after one that failed', async () => {
  const { orgId } = await makeEndpoint(t.db);
  const db = openDatabase({ url: urlFor('rcm_agent', t.url), applicationName: 'one connection', role: 'rcm_agent', maxConnections: 1 });
  const tenant = (tx: Transaction) => tx.$queryRaw<{ tenant: string | null }[]>`SELECT nullif(current_setting('app.tenant_id', true), '') AS tenant`;
  try {
    expect(await db.transaction({ tenant: orgId }, tenant)).toEqual([{ tenant: orgId }]);
    expect(await db.transaction('no tenant', tenant)).toEqual([{ tenant: null }]);
    await db.transaction({ tenant: orgId }, () => Promise.reject(new Error('stop'))).catch(() => {});
    expect(await db.transaction('no tenant', tenant)).toEqual([{ tenant: null }]);
  } finally {
    await db.close();
  }
});

describe('what looks at every tenant', () => {
  const ACROSS: Readonly<Record<string, (db: TestDatabase['agent']) => Promise<unknown>>> = {
    findEndpoint: (db) => findEndpoint(db, { endpointId: 'endpoint-1' }),
    listEndpoints: (db) => listEndpoints(db, { limit: 10 }),
    listDueEndpoints: (db) => listDueEndpoints(db, { limit: 10 }),
    listSharedIdentities: (db) => listSharedIdentities(db, { limit: 10 }),
    setNextRotation: (db) => setNextRotation(db, { endpointIds: 'all', at: 'now' }),
    listLeases,
    listAttempts: (db) => listAttempts(db, { limit: 10 }),
    listOpenAttempts: (db) => listOpenAttempts(db, { limit: 10 }),
    listLegacyEndpoints: (db) => listLegacyEndpoints(db, { limit: 10 }),
    secretsRotatedElsewhere: (db) => secretsRotatedElsewhere(db, { endpointId: 'endpoint-1', names: [{ id: 'someone', keyId: '1' }], limit: 10 }),
    listConfigs: (db) => listConfigs(db, { limit: 10 }),
    listWantedSearches: (db) => listWantedSearches(db, { limit: 10, pauseMs: 0 }),
    countRefusedLogins,
    fleetFigures: (db) => fleetFigures(db, { windowMs: 600_000, suspects: 3 }),
    keptLength: (db) => keptLength(db, { portalTypeCode: 'alpine' }),
    listCopiesToRemove: (db) => listCopiesToRemove(db, { limit: 10 }),
    'traceLogins of a task': (db) => traceLogins(db, { id: '00000000-0000-4000-8000-000000000000' }),
    listProofs: (db) => listProofs(db, { limit: 10 }),
    migrationCounts,
    migrationByOrganization,
  };

  test.each(Object.entries(ACROSS))('%s shows an agent nothing', async (_, operation) => {
    const said = await operation(t.agent).then(
      (value) => value,
      (error: unknown) => (error as { code?: unknown }).code,
    );
    expect([null, 0, 'database_failed', '[]']).toContain(Array.isArray(said) ? JSON.stringify(said) : said);
  });

  test('shows a rotator all of it', async () => {
    const endpoint = await makeEndpoint(t.db);
    expect(await findEndpoint(t.rotator, endpoint)).toMatchObject({ orgId: endpoint.orgId });
    expect((await listEndpoints(t.rotator, { limit: 1000 })).length).toBeGreaterThan(1);
  });

  test('an agent learns whose an endpoint is, and nothing else of it', async () => {
    const endpoint = await makeEndpoint(t.db);
    expect(await findOrganization(t.agent, endpoint)).toBe(endpoint.orgId);
    expect(await findOrganization(t.agent, { endpointId: 'nobodys' })).toBeNull();
  });
});
