import { processName } from '@rcm/telemetry';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { releaseLease } from '../leases/upkeep.ts';
import { kill, startNamed } from '../named-process.fixture.ts';
import { openTestDatabase, printOf, type TestDatabase } from '../testing.fixture.ts';
import { type Account, BUDGET, Logins } from './account.fixture.ts';
import { clearLogin } from './clearance.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());
const logins = new Logins(() => t);

/** As long as what a kernel holds for sending may arrive, and a second. */
const SETTLED_SECONDS = 121;

const WINDOW_SECONDS = 3_600;
const DAY_SECONDS = 86_400;
const LONGEST_LOGIN_SECONDS = 601;

/** A login of `holder` without an answer, then one that got in, which forgives what failed before it. */
async function unanswered(holder: string): Promise<Account> {
  const on = await logins.account({}, {}, holder);
  await logins.begin(on);
  await releaseLease(t.agent, on);
  const after = await logins.leased(on);
  await logins.login(after, 'accepted');
  return after;
}

test('an unanswered login is held against the budget while its process lives or stands still, and two minutes after it was found to have ended', async () => {
  const { child, name } = await startNamed('web-agent');
  const on = await unanswered(name);
  expect(await logins.left(on)).toBe(BUDGET - 1);
  child.kill('SIGSTOP');
  await logins.age(on, SETTLED_SECONDS);
  expect(await logins.left(on)).toBe(BUDGET - 1);
  await kill(child);
  expect(await logins.left(on)).toBe(BUDGET - 1);
  await logins.age(on, SETTLED_SECONDS - 10);
  expect(await logins.left(on)).toBe(BUDGET - 1);
  await logins.age(on, 10);
  expect(await logins.left(on)).toBe(BUDGET);
});

test('of a process that may have stood still for longer than a login takes, it is held until the portal has forgotten what came at its end: with the next that gets in', async () => {
  const { child, name } = await startNamed('web-agent');
  const on = await unanswered(name);
  await logins.age(on, LONGEST_LOGIN_SECONDS);
  await kill(child);
  expect(await logins.left(on)).toBe(BUDGET - 1);
  await logins.age(on, SETTLED_SECONDS);
  expect(await logins.left(on)).toBe(BUDGET - 1);
  await logins.login(on, 'accepted');
  expect(await logins.left(on)).toBe(BUDGET);
});

test('where time alone makes a portal forget, one of a process that has ended is held for a window from then on', async () => {
  const { child, name } = await startNamed('web-agent');
  const on = await logins.account({ lockoutCounts: 'window', lockoutWindowSeconds: WINDOW_SECONDS }, {}, name);
  await logins.begin(on);
  await releaseLease(t.agent, on);
  // Long after what a login may take, and the window: it stands still.
  await logins.age(on, 2 * WINDOW_SECONDS);
  expect(await logins.left(on)).toBe(BUDGET - 1);
  await kill(child);
  expect(await logins.left(on)).toBe(BUDGET - 1);
  await logins.age(on, WINDOW_SECONDS);
  expect(await logins.left(on)).toBe(BUDGET - 1);
  await logins.age(on, SETTLED_SECONDS);
  expect(await logins.left(on)).toBe(BUDGET);
});

test('where nobody has got in since, one whose process has ended is looked at while it still counts as a failure, so that it is held no longer than that', async () => {
  const { child, name } = await startNamed('web-agent');
  const on = await logins.account({ lockoutCounts: 'window', lockoutWindowSeconds: WINDOW_SECONDS }, {}, name);
  await logins.begin(on);
  await releaseLease(t.agent, on);
  await kill(child);
  expect(await logins.left(on)).toBe(BUDGET - 1);
  // A login may take ten minutes.
  await logins.age(on, WINDOW_SECONDS + 601);
  expect(await logins.left(on)).toBe(BUDGET);
});

test('of a process elsewhere nobody knows, and of this one everybody knows that it lives', async () => {
  for (const holder of [processName('web-agent'), processName('web-agent').replace(/-[0-9a-f]{12}-/, '-000000000000-'), 'web-agent@elsewhere:77']) {
    const on = await unanswered(holder);
    for (const seconds of [0, SETTLED_SECONDS, 3_600]) {
      await logins.age(on, seconds);
      expect(await logins.left(on), holder).toBe(BUDGET - 1);
    }
  }
});

test('one that is counted as a failure stays one, whatever became of its process', async () => {
  const { child, name } = await startNamed('web-agent');
  const on = await logins.account({}, {}, name);
  await logins.begin(on);
  await releaseLease(t.agent, on);
  await kill(child);
  for (const seconds of [0, SETTLED_SECONDS]) {
    await logins.age(on, seconds);
    expect(await logins.left(on)).toBe(BUDGET - 1);
  }
});

test('one whose process stood still for days, and that was refused all the same, counts as any failure from its answer on', async () => {
  const on = await logins.account({ lockoutWindowSeconds: WINDOW_SECONDS });
  const begun = await logins.begin(on);
  if (!begun.allowed) throw new Error(begun.reason);
  await logins.age(on, 2 * DAY_SECONDS);
  await logins.end(on, begun.loginAttemptId, 'rejected');
  await logins.age(on, WINDOW_SECONDS - 10);
  expect(await logins.left(on)).toBe(BUDGET - 1);
  await logins.age(on, 10);
  expect(await logins.left(on)).toBe(BUDGET);
});

test('where only unanswered logins of others keep everybody out, nobody asks again every two seconds', async () => {
  const pause = async (on: Account): Promise<number> => {
    const answer = await logins.begin(on);
    if (answer.allowed || answer.until === null) throw new Error('It is not refused for a while.');
    const [row] = await t.sql<{ now: Date }>('SELECT clock_timestamp() AS now');
    return answer.until.getTime() - (row?.now.getTime() ?? 0);
  };
  const first = await logins.account({}, {}, processName('web-agent'));
  for (let unended = 1; unended < BUDGET; unended += 1) await logins.begin(first);
  await releaseLease(t.agent, first);
  const on = await logins.leased(first);
  await logins.login(on, 'accepted');
  // One that is on its way is over soon; what may come late is not.
  const begun = await logins.begin(on, { version: '2', fingerprints: [printOf('other')] });
  expect(await pause(on)).toBeLessThanOrEqual(2_000);
  if (!begun.allowed) throw new Error(begun.reason);
  await logins.end(on, begun.loginAttemptId, 'rejected');
  const late = await pause(on);
  expect(late).toBeLessThanOrEqual(60_000);
  // Only a machine that stands still for nearly a minute in between makes it less.
  expect(late).toBeGreaterThan(2_000);
});

test('a person’s word that an account was unlocked is of the moment in which they said it, whenever it is written down', async () => {
  const on = await logins.account();
  // A Date has whole milliseconds: some pass first, or it would be cut to one before the refusal.
  const said = async () => (await t.sql<{ now: Date }>('SELECT clock_timestamp() AS now FROM pg_sleep(0.005)'))[0]?.now ?? new Date(0);
  await logins.login(on, 'rejected');
  const saidAt = await said();
  await logins.login(on, 'rejected');
  const word = { ...on, kind: 'unlocked', actor: 'person:os:test', reason: 'a test' } as const;
  await clearLogin(t.rotator, { ...word, saidAt });
  expect(await logins.left(on)).toBe(BUDGET - 1);
  // Nor of a moment that is still to come.
  await clearLogin(t.rotator, { ...word, saidAt: new Date((await said()).getTime() + 86_400_000) });
  expect(await logins.left(on)).toBe(BUDGET);
  await logins.login(on, 'rejected');
  expect(await logins.left(on)).toBe(BUDGET - 1);
});
