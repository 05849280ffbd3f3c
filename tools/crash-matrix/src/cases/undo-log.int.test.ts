import { randomUUID } from 'node:crypto';
import { acquireExclusiveLease, releaseLease } from '@rcm/db/leases';
import { advanceAttempt, planRotation } from '@rcm/db/rotation';
import { openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepUndoLog, loseCommits } from './undo-log.ts';

let testEnvironment: TestEnvironment;
let pool: pg.Pool;
beforeAll(async () => {
  testEnvironment = await openTestEnvironment({ endpoints: ['alpine', 'alpine'] });
  pool = new pg.Pool({ connectionString: testEnvironment.databaseUrl, max: 2 });
  await keepUndoLog(pool);
});
afterAll(async () => {
  await pool?.end();
  await testEnvironment?.close();
});

const TABLES = { login_identity: 'id', login_lease: 'login_identity', login_attempt: 'login_identity', rotation_attempt: 'login_identity' };

/** Every row that the product has of a login. */
async function rowsOf(id: string): Promise<unknown> {
  const { loginIdentity } = testEnvironment.endpoint(id);
  const rows: Record<string, unknown> = {};
  for (const [table, column] of [...Object.entries(TABLES), ['integration_endpoint', 'login_identity'] as const])
    rows[table] = (await pool.query(`SELECT to_jsonb(t) AS row FROM ${table} t WHERE ${column} = $1 ORDER BY id`, [loginIdentity])).rows;
  return rows;
}

/** A rotation that comes as far as its submit; the rows before it was planned, and before it was staged. */
async function submittedRotation(id: string) {
  const { db } = testEnvironment;
  const { orgId } = testEnvironment.endpoint(id);
  const about = { orgId, endpointId: id };
  const lease = await acquireExclusiveLease(db, { ...about, holder: 'test', ttlMs: 600_000, wantMs: 1_000 });
  if (!lease.granted) throw new Error('no lease');
  const { id: leaseId, fence } = lease.lease;
  const attemptId = randomUUID();
  const beforePlanned = await rowsOf(id);
  await planRotation(db, { ...about, attemptId, leaseId, fence, owner: 'test', reason: 'due', baseVersion: '1', recipeHash: 'hash' });
  const beforeStaged = await rowsOf(id);
  await advanceAttempt(db, { attemptId, orgId, fence, from: 'planned', to: 'staged' });
  await advanceAttempt(db, { attemptId, orgId, fence, from: 'staged', to: 'submitting', set: { submitDeadlineMs: 1_000 } });
  await releaseLease(db, { leaseId, orgId });
  return { beforePlanned, beforeStaged };
}

describe('a database that loses the last commits of a login', () => {
  it('has its rows again as they were before the lost write to the journal, and no other login’s', async () => {
    const [first, second] = ['alpine-1', 'alpine-2'];
    const { beforePlanned, beforeStaged } = await submittedRotation(first);
    await submittedRotation(second);
    const other = await rowsOf(second);
    expect(await loseCommits(pool, testEnvironment.endpoint(first).loginIdentity, 'staged')).toBeNull();
    expect(await rowsOf(first)).toEqual(beforeStaged);
    expect(await loseCommits(pool, testEnvironment.endpoint(first).loginIdentity, 'planned')).toBeNull();
    expect(await rowsOf(first)).toEqual(beforePlanned);
    expect(await rowsOf(second)).toEqual(other);
  });

  it('says so where there was no such write', async () => {
    const { loginIdentity } = testEnvironment.endpoint('alpine-2');
    expect(await loseCommits(pool, loginIdentity, 'promoted')).toContain('never');
  });
});
