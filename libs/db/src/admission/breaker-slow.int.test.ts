import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { finishAttempt } from '../journal/ends.ts';
import { releaseLease } from '../leases/upkeep.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { assessPortalTypes } from './breaker.ts';
import { listAdmissions } from './list.ts';
import { resumeRotations } from './pause.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const RULES = { windowMs: 600_000, suspects: 3, failures: 3 };
const MINUTES = { window: 10 };
let made = 0;

/** Logins of one portal type of its own, each of another organization. */
async function portalOf(count: number): Promise<{ readonly code: string; readonly logins: readonly TestEndpoint[] }> {
  made += 1;
  const code = `slow-${made}`;
  const logins: TestEndpoint[] = [];
  for (let i = 0; i < count; i += 1) logins.push(await makeEndpoint(t.db, { orgId: `${code}-org-${i}`, endpointId: `${code}-${i}`, portal: { code } }));
  return { code, logins };
}

const ENDS = {
  abandoned: `state = 'abandoned', probes = 3, ended_at = w.ended, updated_at = w.ended`,
  done: `state = 'done', promoted_version = '2', ended_at = w.ended, updated_at = w.ended`,
  // As a look at it leaves it, which each blocked one has every hour.
  blocked: `state = 'blocked', waiting_from = 'submitting', waiting_until = now() + interval '1 hour', updated_at = now()`,
};

/** A rotation that began and ended so many minutes ago. */
async function rotated(
  login: TestEndpoint | undefined,
  end: keyof typeof ENDS,
  { began, ended }: { readonly began: number; readonly ended: number },
): Promise<void> {
  if (!login) throw new Error('no login');
  const { attemptId, leaseId } = await plannedAttempt(t.rotator, login);
  await releaseLease(t.rotator, { leaseId, orgId: login.orgId });
  await t.sql(
    `UPDATE rotation_attempt SET created_at = w.began, ${ENDS[end]}
       FROM (SELECT now() - make_interval(mins => $2::int) AS began, now() - make_interval(mins => $3::int) AS ended) w WHERE id = $1`,
    [attemptId, began, ended],
  );
}

/** A rotation that has waited for so many minutes, since its last login ended so. */
async function waits(login: TestEndpoint, minutes: number, outcome: string): Promise<Waiting> {
  const { attemptId, fence } = await plannedAttempt(t.rotator, login);
  await t.sql(
    `UPDATE rotation_attempt SET state = 'waiting', waiting_from = 'staged', waiting_until = now() + interval '1 hour', created_at = w.since, held_since = w.since
       FROM (SELECT now() - make_interval(mins => $2::int) AS since) w WHERE id = $1`,
    [attemptId, minutes],
  );
  await metBy(login, { attemptId, fence }, outcome);
  return { attemptId, fence };
}

interface Waiting {
  readonly attemptId: string;
  readonly fence: bigint;
}

/** A login of this rotation, now. */
const metBy = (login: TestEndpoint, { attemptId }: Waiting, outcome: string) =>
  t.sql(
    `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect, rotation_attempt_id)
     SELECT $1, $2, $3, gen_random_uuid(), 'rotator', '1', clock_timestamp(), clock_timestamp(), $4, 'none', $5::uuid`,
    [login.loginIdentity, login.orgId, login.endpointId, outcome, attemptId],
  );

/** A rotation gets through that waited, by its last login; its change was sent so many seconds from now, or ago. */
async function getsThrough(login: TestEndpoint | undefined, waiting: Waiting | undefined, sentIn: number): Promise<void> {
  if (!login || !waiting) throw new Error('nothing waits');
  await t.sql(
    `UPDATE rotation_attempt SET state = 'promoted', waiting_from = NULL, waiting_until = NULL, held_since = NULL, promoted_version = '2', previous_version = '1',
            submit_deadline_at = clock_timestamp() + make_interval(secs => $2::int) WHERE id = $1`,
    [waiting.attemptId, sentIn],
  );
  await metBy(login, waiting, 'accepted');
  expect(await finishAttempt(t.rotator, { ...waiting, orgId: login.orgId, from: 'promoted', end: 'done' })).toBe(true);
}

const isStopped = async (code: string): Promise<boolean> => {
  await assessPortalTypes(t.rotator, RULES);
  return (await listAdmissions(t.rotator)).some(({ portalTypeCode, breaker }) => portalTypeCode === code && breaker?.cause === 'page_changed');
};
/** Each goes on for half an hour, one after the other. */
const inTurn = (place: number) => ({ began: 200 - 40 * place, ended: 170 - 40 * place });

describe('a portal type where one rotation after another fails, each later than the breaker looks back', () => {
  test.each(['abandoned', 'blocked'] as const)('is stopped, where they end %s', async (end) => {
    const { code, logins } = await portalOf(3);
    for (const place of [0, 1]) await rotated(logins[place], end, inTurn(place));
    expect(await isStopped(code)).toBe(false);
    await rotated(logins[2], end, inTurn(2));
    expect(await isStopped(code)).toBe(true);
  });

  test('is stopped where each that ends within the window had begun before it', async () => {
    const { code, logins } = await portalOf(4);
    for (const [place, ended] of [1, 4, 8].entries()) await rotated(logins[place], 'abandoned', { began: MINUTES.window + 5, ended });
    await rotated(logins[3], 'done', { began: MINUTES.window + 5, ended: 6 });
    expect(await isStopped(code)).toBe(true);
  });

  test.each([
    ['where one got through in between', 'done', inTurn(1)],
    ['where one is another try of the same login', 'abandoned', { began: 60, ended: 30 }],
  ] as const)('is not stopped %s', async (_, end, when) => {
    const { code, logins } = await portalOf(4);
    await rotated(logins[0], 'abandoned', inTurn(0));
    await rotated(logins[end === 'done' ? 3 : 0], end, when);
    await rotated(logins[2], 'abandoned', inTurn(2));
    if (end === 'done') await rotated(logins[1], 'abandoned', inTurn(3));
    expect(await isStopped(code)).toBe(false);
  });

  test('is not stopped by what failed before a person let it go on, nor by what failed days ago', async () => {
    const { code, logins } = await portalOf(6);
    for (const [place, login] of logins.slice(0, 3).entries()) await rotated(login, 'blocked', { began: 3_000 - place, ended: 2_900 });
    expect(await isStopped(code)).toBe(false);
    for (const [place, login] of logins.slice(3).entries()) await rotated(login, 'abandoned', inTurn(place));
    expect(await isStopped(code)).toBe(true);
    await resumeRotations(t.rotator, { scope: { kind: 'portal_type', portalTypeCode: code }, actor: 'person:os:jane', reason: 'x' });
    expect(await isStopped(code)).toBe(false);
  });
});

describe('a portal type whose rotations wait and wait', () => {
  test.each([
    ['unavailable', 15, true],
    ['unknown', 15, true],
    ['unavailable', 5, false],
    // Of these the portal is not the cause: a store that is down, a lock, a person who is needed.
    ['accepted', 15, false],
    ['locked', 15, false],
    ['mfa_required', 15, false],
  ])('since their logins ended %s, for %i minutes: stopped %s', async (outcome, minutes, stopped) => {
    const { code, logins } = await portalOf(3);
    for (const login of logins) await waits(login, minutes, outcome);
    expect(await isStopped(code)).toBe(stopped);
  });

  test('is not stopped where others get through meanwhile', async () => {
    const { code, logins } = await portalOf(4);
    for (const login of logins.slice(0, 3)) await waits(login, 15, 'unavailable');
    await rotated(logins[3], 'done', { began: 12, ended: 11 });
    expect(await isStopped(code)).toBe(false);
  });

  test('goes on where one of them gets through that was sent after it was stopped, and not where it was sent before', async () => {
    const { code, logins } = await portalOf(4);
    const waiting: Waiting[] = [];
    for (const login of logins) waiting.push(await waits(login, 15, 'unavailable'));
    expect(await isStopped(code)).toBe(true);
    await getsThrough(logins[0], waiting[0], -600);
    expect(await isStopped(code)).toBe(true);
    await getsThrough(logins[1], waiting[1], 30);
    expect(await isStopped(code)).toBe(false);
  });
});
