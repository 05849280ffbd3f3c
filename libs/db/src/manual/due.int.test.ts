import { afterAll, beforeAll, expect, test } from 'vitest';
import { dice } from '../scale/as-before.fixture.ts';
import { makeEndpoint, openTestDatabase, plannedAttempt, type TestDatabase, type TestEndpoint } from '../testing.fixture.ts';
import { markManualDue } from './due.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

/** Every login there is, looked at: those that people rotate, that are due, and of which they were not told. */
const plainly = async (): Promise<string[]> =>
  (
    await t.sql<{ id: string }>(`
      SELECT e.id FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code
       WHERE (p.automation = 'assisted' OR (p.automation = 'allowed' AND p.rotation_mode = 'manual')) AND e.secret_arn IS NOT NULL AND e.next_rotation_at <= now()
         AND e.rotation_status IS DISTINCT FROM 'pending' AND NOT EXISTS (SELECT FROM rotation_attempt a WHERE a.login_identity = e.login_identity AND a.ended_at IS NULL)`)
  )
    .map(({ id }) => id)
    .sort();

const ofRow = (set: string) => (login: TestEndpoint) => t.sql(`UPDATE integration_endpoint SET ${set} WHERE id = $1`, [login.endpointId]);
const ofPortal = (set: string) => (login: TestEndpoint) =>
  t.sql(
    `SET app.reason = 'a test'; UPDATE portal_type SET ${set} WHERE code = (SELECT portal_type_code FROM integration_endpoint WHERE id = '${login.endpointId}'); RESET app.reason`,
  );

const HAPPENS = [
  ofRow(`next_rotation_at = now() - interval '2 days', rotation_status = 'active'`),
  ofRow(`secret_arn = 'arn:aws:ssm:' || id, rotation_status = NULL`),
  ofRow(`next_rotation_at = now() - interval '1 minute'`),
  ofRow(`next_rotation_at = now() - interval '9 days', rotation_status = 'active'`),
  ofRow(`next_rotation_at = now() + interval '20 days', rotation_status = 'active'`),
  ofRow('next_rotation_at = NULL'),
  ofRow(`rotation_status = 'pending'`),
  ofRow(`rotation_status = 'failed'`),
  ofRow('secret_arn = NULL'),
  ofRow(`secret_arn = 'arn:aws:ssm:' || id`),
  ofPortal(`rotation_mode = 'manual'`),
  ofPortal(`rotation_mode = 'automatic'`),
  ofPortal(`automation = 'assisted'`),
  ofPortal(`automation = 'allowed'`),
  // Refused where one is open, or the login has no secret now.
  (login: TestEndpoint) => plannedAttempt(t.db, login).catch(() => undefined),
  ({ endpointId }: TestEndpoint) =>
    t.sql(`UPDATE rotation_attempt SET state = 'abandoned', ended_at = now() WHERE endpoint_id = $1 AND ended_at IS NULL`, [endpointId]),
];

test('whatever happens to a login or its portal, it is marked when a look at every login would find it', async () => {
  const draw = dice(16);
  const logins: TestEndpoint[] = [];
  for (let n = 0; n < 12; n += 1) logins.push(await makeEndpoint(t.db, { portal: { code: `by-hand-${n % 3}`, rotationMode: 'manual' } }));
  let marked = 0;
  for (let step = 0; step < 80; step += 1) {
    for (let n = 2 + draw(6); n > 0; n -= 1) {
      const [login, happens] = [logins[draw(logins.length)], HAPPENS[draw(HAPPENS.length)]];
      if (login) await happens?.(login);
    }
    const due = await plainly();
    await markManualDue(t.rotator);
    const pending = await t.sql<{ id: string }>(`SELECT id FROM integration_endpoint WHERE id = ANY ($1) AND rotation_status = 'pending' ORDER BY id`, [due]);
    expect(pending.map(({ id }) => id).sort(), `step ${step}`).toEqual(due);
    expect(await plainly()).toEqual([]);
    marked += due.length;
  }
  expect(marked).toBeGreaterThan(10);
  expect(await t.sql('SELECT id FROM rotation_attempt')).not.toHaveLength(0);
});
