import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeEndpoint, openTestDatabase, type TestDatabase } from './testing.fixture.ts';
import { reserveTotpStep } from './totp.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

test('100 reservations at once from 4 processes never get the same step', async () => {
  const { orgId, loginIdentity } = await makeEndpoint(t.db, { portal: { totpSkew: 10 } });
  const processes = [t.agent, t.another('rcm_agent'), t.rotator, t.another('rcm_rotator')];
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => reserveTotpStep(processes[i % 4] ?? t.agent, { orgId, loginIdentity, periodSeconds: 30, skew: 10 })),
  );
  const steps = answers.flatMap((answer) => ('step' in answer ? [answer.step] : []));
  // The current step and the 10 after it, and one more for each end of a step that the hundred ran across.
  expect(steps.length).toBeGreaterThanOrEqual(11);
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

test.each(['agent', 'rotator'] as const)('a portal type that is given a longer period has steps for the %s from then on, each once', async (role) => {
  const code = `longer-period-${role}`;
  const { orgId, loginIdentity } = await makeEndpoint(t.db, { portal: { code } });
  const reserve = (periodSeconds: number) => reserveTotpStep(t[role], { orgId, loginIdentity, periodSeconds, skew: 1 });
  expect(await reserve(30)).toHaveProperty('step');
  await t.sql('UPDATE portal_type SET totp_period_seconds = 60 WHERE code = $1', [code]);
  const [row] = await t.sql<{ step: number }>('SELECT floor(extract(epoch FROM clock_timestamp()) / 60)::int AS step');
  // By its number alone the last step is one of decades from now.
  const first = await reserve(60);
  expect(first).toHaveProperty('step');
  const begun = 'step' in first ? first.step : 0;
  expect(begun - (row?.step ?? 0)).toBeLessThanOrEqual(1);
  expect(await reserve(60)).toMatchObject({ step: begun + 1 });
});

test('an unknown login is refused', async () => {
  await expect(reserveTotpStep(t.agent, { orgId: 'nobody', loginIdentity: 'nobody', periodSeconds: 30, skew: 1 })).rejects.toMatchObject({
    code: 'state_conflict',
  });
});

const nowStep = `floor(extract(epoch FROM clock_timestamp()) / 30)::bigint`;

test.each(['agent', 'rotator'] as const)(
  'a login of the %s sets a step forward only, and no further than the portal type’s own skew from Postgres’s now',
  async (role) => {
    const { orgId, loginIdentity } = await makeEndpoint(t.db);
    const set = (step: string) =>
      t[role].transaction({ tenant: orgId }, (tx) => tx.$executeRawUnsafe(`UPDATE login_identity SET last_totp_step = ${step} WHERE id = '${loginIdentity}'`));
    const refused = { code: 'input_invalid', details: { sqlState: '23514' } };
    for (const far of ['9223372036854775807', `${nowStep} + 100`]) await expect(set(far), far).rejects.toMatchObject(refused);
    // As far as the portal accepts ahead, whatever step has begun meanwhile.
    expect(await set(`${nowStep} + 1`)).toBe(1);
    for (const back of ['0', 'last_totp_step - 1', '-1']) await expect(set(back), back).rejects.toMatchObject(refused);
    // What a caller says of the portal's skew gives no step beyond it.
    const reserve = () => reserveTotpStep(t[role], { orgId, loginIdentity, periodSeconds: 30, skew: 1_000 }).catch((error: unknown) => ({ error }));
    let given = await reserve();
    for (; 'step' in given; given = await reserve()) {
      // A step has begun since the last one was used: the next is the portal's too.
      const [now] = await t.sql<{ step: bigint }>(`SELECT ${nowStep} AS step`);
      expect(BigInt(given.step)).toBeLessThanOrEqual((now?.step ?? 0n) + 1n);
    }
    expect(given).toMatchObject({ error: refused });
  },
);
