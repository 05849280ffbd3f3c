import { afterAll, beforeAll, expect, test } from 'vitest';
import { lockEndpointIdentity, lockIdentity, lockLoginOfAttempt } from './identity.ts';
import { Attempts } from './journal/attempts.fixture.ts';
import { makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from './testing.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const attempts = new Attempts(() => t);

const LOCKS = {
  'the login': ({ orgId, loginIdentity }: TestEndpoint) => t.rotator.transaction({ tenant: orgId }, (tx) => lockIdentity(tx, loginIdentity)),
  'the login of an endpoint': ({ orgId, endpointId }: TestEndpoint) =>
    t.rotator.transaction({ tenant: orgId }, (tx) => lockEndpointIdentity(tx, { orgId, endpointId })),
} as const;

const waiting = () => t.sql(`SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`);

/** Holds a login while others ask for it; what is answered is when it was given back, by Postgres's clock. */
async function whileHeld<T>(loginIdentity: string, ask: () => Promise<T>): Promise<{ readonly givenBackAt: Date; readonly answer: T }> {
  const asked = Promise.withResolvers<T>();
  const givenBackAt = await t.db.transaction('every tenant', async (tx) => {
    await tx.$queryRaw`SELECT FROM login_identity WHERE id = ${loginIdentity} FOR UPDATE`;
    ask().then(asked.resolve, asked.reject);
    await expect.poll(waiting, { timeout: 60_000 }).toHaveLength(1);
    const [clock] = await tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
    return clock?.now ?? new Date(Number.NaN);
  });
  return { givenBackAt, answer: await asked.promise };
}

test.each(Object.entries(LOCKS))('the clock of %s is read after the lock was waited for', async (_, lock) => {
  const endpoint = await makeEndpoint(t.db);
  const { givenBackAt, answer } = await whileHeld(endpoint.loginIdentity, () => lock(endpoint));
  expect(answer).toMatchObject({ id: endpoint.loginIdentity });
  expect(answer.now.getTime()).toBeGreaterThanOrEqual(givenBackAt.getTime());
});

test('the login of an attempt is locked by the attempt, and waited for', async () => {
  const attempt = await attempts.planned();
  const locked = (orgId: string) => t.rotator.rawTransaction({ tenant: orgId }, (tx) => lockLoginOfAttempt(tx, attempt.attemptId));
  expect((await whileHeld(attempt.loginIdentity, () => locked(attempt.orgId))).answer).toBe(true);
  const { orgId } = await makeEndpoint(t.db);
  expect(await locked(orgId)).toBe(false);
});

test('an attempt whose login goes to another name while it is waited for is not taken to be gone', async () => {
  const attempt = await attempts.planned();
  const other = await makeEndpoint(t.db, { orgId: attempt.orgId });
  const locked = () => t.rotator.rawTransaction({ tenant: attempt.orgId }, (tx) => lockLoginOfAttempt(tx, attempt.attemptId));
  const asked = Promise.withResolvers<boolean>();
  // It may be answered before it is looked at.
  asked.promise.catch(() => undefined);
  await t.db.transaction('every tenant', async (tx) => {
    await tx.$queryRaw`SELECT FROM login_identity WHERE id IN (${attempt.loginIdentity}, ${other.loginIdentity}) FOR UPDATE`;
    locked().then(asked.resolve, asked.reject);
    await expect.poll(waiting, { timeout: 60_000 }).toHaveLength(1);
    await tx.$executeRaw`SELECT rcm_merge_login(${attempt.loginIdentity}, ${other.loginIdentity})`;
  });
  await expect(asked.promise).rejects.toMatchObject({ code: 'state_conflict' });
  expect(await locked()).toBe(true);
});
