import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, type TestDatabase } from './testing.fixture.ts';
import { reserveTotpStep } from './totp.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

test('100 reservations at once from 4 processes never get the same step', async () => {
  const { orgId, loginIdentity } = await makeEndpoint(t.db);
  const processes = [t.agent, t.another('rcm_agent'), t.rotator, t.another('rcm_rotator')];
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => reserveTotpStep(processes[i % 4] ?? t.agent, { orgId, loginIdentity, periodSeconds: 30, skew: 60 })),
  );
  const steps = answers.flatMap((answer) => ('step' in answer ? [answer.step] : []));
  // The current step and the 60 after it, and one more for each end of a step that the hundred ran across.
  expect(steps.length).toBeGreaterThanOrEqual(61);
  expect(new Set(steps).size).toBe(steps.length);
  for (const answer of answers) if ('waitMs' in answer) expect(answer.waitMs).toBeLessThanOrEqual(30_000);
});

test('steps follow Postgres’s clock and are remembered by the login, not by the process', async () => {
  const { orgId, loginIdentity } = await makeEndpoint(t.db);
  const [row] = await t.sql<{ step: number }>('SELECT floor(extract(epoch FROM clock_timestamp()) / 30)::int AS step');
  const first = await reserveTotpStep(t.agent, { orgId, loginIdentity, periodSeconds: 30, skew: 1 });
  expect('step' in first && first.step - (row?.step ?? 0)).toBeLessThanOrEqual(1);
  const second = await reserveTotpStep(t.another('rcm_agent'), { orgId, loginIdentity, periodSeconds: 30, skew: 1 });
  expect('step' in second && 'step' in first && second.step - first.step).toBe(1);
});

test('an unknown login is refused', async () => {
  await expect(reserveTotpStep(t.agent, { orgId: 'nobody', loginIdentity: 'nobody', periodSeconds: 30, skew: 1 })).rejects.toMatchObject({
    code: 'state_conflict',
  });
});
