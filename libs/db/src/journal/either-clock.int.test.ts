import { type OwnClock, ownClock } from '@rcm/test-services';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';
import { resumeAttempt, waitAttempt } from './advance.ts';
import { Attempts } from './attempts.fixture.ts';
import { getAttempt } from './open.ts';

const [MINUTE_MS, HOUR_S] = [60_000, 3_600];

let t: TestDatabase;
let clock: OwnClock;
beforeAll(async () => {
  t = await openTestDatabase();
  clock = await ownClock(t.url);
});
afterEach(() => clock.setAhead(0));
afterAll(() => t.close());
const attempts = new Attempts(() => t);

test('a portal has not had its time where somebody set Postgres’s clock ahead', async () => {
  const attempt = await attempts.at('submitting');
  await waitAttempt(t.rotator, { ...attempt, from: 'submitting', afterSubmitMs: 10 * MINUTE_MS, detail: 'propagation delay' });
  await clock.setAhead(2 * HOUR_S);
  expect(await resumeAttempt(t.rotator, attempt)).toBeNull();
  await t.sql(`UPDATE rotation_attempt SET waiting_until = waiting_until - interval '1 hour' WHERE id = $1`, [attempt.attemptId]);
  expect(await resumeAttempt(t.rotator, attempt)).toMatchObject({ state: 'submitting' });
});

test('nor is its submit over, which is on its way', async () => {
  const attempt = await attempts.at('submitting');
  const seen = await getAttempt(t.rotator, attempt);
  await clock.setAhead(2 * HOUR_S);
  await waitAttempt(t.rotator, { ...attempt, from: 'submitting', afterSubmitMs: 0, detail: 'propagation delay' });
  const waiting = await getAttempt(t.rotator, attempt);
  const later = (waiting?.waitingUntil?.getTime() ?? 0) - (seen?.submitDeadlineAt?.getTime() ?? 0) - 2 * HOUR_S * 1_000;
  expect(later).toBeGreaterThan(-MINUTE_MS / 60);
  expect(await resumeAttempt(t.rotator, attempt)).toBeNull();
});

test('a rotator of before, which did not say what its clock was, left a wait that ends by Postgres’s', async () => {
  const attempt = await attempts.at('submitting');
  await waitAttempt(t.rotator, { ...attempt, from: 'submitting', afterSubmitMs: 0, detail: 'propagation delay' });
  await t.sql('UPDATE rotation_attempt SET asker_ahead_ms = NULL WHERE id = $1', [attempt.attemptId]);
  await clock.setAhead(2 * HOUR_S);
  expect(await resumeAttempt(t.rotator, attempt)).toMatchObject({ state: 'submitting' });
});
