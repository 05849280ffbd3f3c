import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plannedAttempt, makeEndpoint, openTestDatabase, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { listNotifications } from '../notifications/outbox.ts';
import { assessPortalTypes } from './breaker.ts';
import { listAdmissions } from './list.ts';
import { resumeRotations } from './pause.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

const RULES = { windowMs: 600_000, suspects: 3, failures: 3 };
let made = 0;

/** Logins of one portal type of its own, each of another organization. */
async function portalOf(count: number): Promise<{ readonly code: string; readonly logins: readonly TestEndpoint[] }> {
  made += 1;
  const code = `breaker-${made}`;
  const logins: TestEndpoint[] = [];
  for (let i = 0; i < count; i += 1) logins.push(await makeEndpoint(t.db, { orgId: `${code}-org-${i}`, endpointId: `${code}-${i}`, portal: { code } }));
  return { code, logins };
}

type Met = 'accepted' | 'suspect' | 'bad' | 'unknown';
async function met(what: Met, endpoints: readonly TestEndpoint[], secondsAgo = 0): Promise<void> {
  const [outcome, effect] = what === 'suspect' || what === 'bad' ? ['rejected', what] : [what, 'none'];
  for (const { loginIdentity, orgId, endpointId } of endpoints)
    await t.sql(
      `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, started_at, finished_at, outcome, effect)
       SELECT $1, $2, $3, gen_random_uuid(), 'agent', '1', at, at, $4, $5 FROM (SELECT clock_timestamp() - $6 * interval '1 s' AS at) now`,
      [loginIdentity, orgId, endpointId, outcome, effect, secondsAgo],
    );
}

const assess = (rules = RULES) => assessPortalTypes(t.rotator, rules);
const breakerOf = async (code: string) => (await listAdmissions(t.rotator)).find((admission) => admission.portalTypeCode === code)?.breaker?.cause ?? null;
const DAY = 86_400;

describe('the breaker opens', () => {
  test.each([
    ['suspect', 'logins_suspect'],
    ['bad', 'logins_suspect'],
    ['unknown', 'page_changed'],
  ] as const)('on %s logins of three accounts within the window, and not on two', async (what, cause) => {
    const { code, logins } = await portalOf(6);
    await met('accepted', logins, 700);
    const [first, second, third] = logins.map((login) => [login]);
    await met(what, first ?? []);
    await met(what, first ?? []);
    await met(what, second ?? []);
    await met(what, third ?? [], 650);
    expect(await assess()).not.toContain(code);
    await met(what, third ?? []);
    expect(await assess()).toContain(code);
    expect(await breakerOf(code)).toBe(cause);
    await resumeRotations(t.rotator, { scope: { kind: 'portal_type', portalTypeCode: code }, actor: 'person:os:jane', reason: 'x' });
    // What was before a person closed it does not open it again.
    expect(await assess()).not.toContain(code);
  });

  test.each([
    [2, 1, false],
    [2, 2, true],
    [3, 2, true],
    [10, 2, false],
    [10, 3, true],
    [20, 3, false],
    [20, 4, true],
  ])('where of %i logins in use in a week %i are refused: %s', { timeout: 120_000 }, async (used, refused, opens) => {
    const { code, logins } = await portalOf(used);
    await met('accepted', logins, 3 * DAY);
    await met('suspect', logins.slice(0, refused));
    expect((await assess()).includes(code)).toBe(opens);
  });

  test('not because of logins that nobody has used for a week', async () => {
    const { code, logins } = await portalOf(10);
    await met('accepted', logins, 8 * DAY);
    await met('suspect', logins.slice(0, 2));
    expect(await assess()).toContain(code);
  });

  test('not for a login that got in since', async () => {
    const { code, logins } = await portalOf(3);
    await met('suspect', logins.slice(0, 2), 60);
    await met('accepted', logins.slice(0, 1), 30);
    expect(await assess()).not.toContain(code);
  });

  test('not on one login alone, also where it is the only one; and what it met is not the cause of what others did', async () => {
    const { code, logins } = await portalOf(4);
    await met('suspect', logins.slice(0, 1));
    expect(await assess()).not.toContain(code);
    await met('unknown', logins.slice(1));
    expect(await assess()).toContain(code);
    expect(await breakerOf(code)).toBe('page_changed');
  });

  test('on rotations that did not get through, and tells people once', async () => {
    const { code, logins } = await portalOf(3);
    for (const login of logins) {
      const { attemptId } = await plannedAttempt(t.rotator, login);
      await t.sql(`UPDATE rotation_attempt SET state = 'abandoned', probes = 1, ended_at = now(), updated_at = now() WHERE id = $1`, [attemptId]);
    }
    await Promise.all([assess(), assess()]);
    expect(await breakerOf(code)).toBe('page_changed');
    expect((await listNotifications(t.rotator, { limit: 1000 })).filter((n) => n.portalTypeCode === code && n.kind === 'breaker_open')).toHaveLength(1);
  });
});

describe('the breaker closes by itself', () => {
  test('when as many got in as would have to be refused, and not before', async () => {
    const { code, logins } = await portalOf(10);
    await met('accepted', logins, DAY);
    await met('suspect', logins.slice(0, 5));
    await assess();
    await met('suspect', logins.slice(5));
    await met('accepted', logins.slice(0, 2));
    await assess();
    expect(await breakerOf(code)).toBe('logins_suspect');
    await met('accepted', logins.slice(2, 3));
    await assess();
    expect(await breakerOf(code)).toBeNull();
    const [admission] = await t.sql<{ closed_by: string }>('SELECT closed_by FROM portal_gate WHERE portal_type_code = $1', [code]);
    expect(admission?.closed_by).toBe('logins that got in');
  });

  test('and not by the first that got in, where most cool down because they were refused before it opened', async () => {
    const { code, logins } = await portalOf(10);
    await met('accepted', logins, DAY);
    await met('suspect', logins.slice(0, 5));
    await assess();
    await met('accepted', logins.slice(5, 7));
    await assess();
    expect(await breakerOf(code)).toBe('logins_suspect');
    await met('accepted', logins.slice(7, 8));
    await assess();
    expect(await breakerOf(code)).toBeNull();
  });

  test('and not by logins that got in before it opened', async () => {
    const { code, logins } = await portalOf(3);
    await met('accepted', logins, 60);
    await met('suspect', logins);
    await assess();
    await assess();
    expect(await breakerOf(code)).toBe('logins_suspect');
  });

  test('only where it was opened because logins were refused', async () => {
    const { code, logins } = await portalOf(3);
    await met('unknown', logins);
    await assess();
    await met('accepted', logins);
    await assess();
    expect(await breakerOf(code)).toBe('page_changed');
  });
});
