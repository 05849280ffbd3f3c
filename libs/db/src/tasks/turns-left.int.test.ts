import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { claimNextPortalTask, claimPortalTask } from './claim.ts';
import { openTurnsEnvironment, type TurnsEnvironment } from './turns-environment.fixture.ts';

let w: TurnsEnvironment;
beforeAll(async () => void (w = await openTurnsEnvironment()));
beforeEach(() => w.clear());
afterAll(() => w.close());

const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];
const next = (ttlMs: number) => claimNextPortalTask(w.t.agent, { worker: 'w', ttlMs });

test('a task whose worker died comes again, also where its tenant was served meanwhile by somebody who looked at nothing else', async () => {
  const [one, other] = w.endpoints;
  if (!one || !other) throw new Error('The test environment has no accounts.');
  await w.ask(one, { pool: false, delay: '-1 minute', deadline: '1 day' });
  await w.ask(other, { pool: false, delay: '0', deadline: '1 day' });
  const left = await next(MINUTE_MS);
  expect(left?.endpointId).toBe(one.endpointId);
  await w.pass('2 minutes');
  const [named] = await w.t.sql<{ id: string }>(`SELECT id::text FROM portal_task WHERE endpoint_id = $1`, [other.endpointId]);
  expect(await claimPortalTask(w.t.agent, { taskId: named?.id ?? '', orgId: other.orgId, worker: 'w', ttlMs: HOUR_MS })).not.toBeNull();
  expect((await next(HOUR_MS))?.id).toBe(left?.id);
  expect(await next(HOUR_MS)).toBeNull();
});

test('what an account that has healed can do is given to the hand that looked, also where its tenant waits at a portal that has no room', async () => {
  // Of each tenant in the order of the portals: the second one has room for two.
  const of = (org: string) => w.endpoints.filter(({ orgId }) => orgId === org);
  const [, , , first, second] = of('a');
  const [, full, pool] = of('c');
  if (!first || !second || !full || !pool) throw new Error('The test environment has no such accounts.');
  for (const endpoint of [first, second]) {
    await w.ask(endpoint, { pool: false, delay: '0', deadline: '1 day' });
    expect(await next(HOUR_MS)).not.toBeNull();
  }
  const rotation = (status: string) => w.t.sql('UPDATE integration_endpoint SET rotation_status = $1 WHERE id = $2', [status, pool.endpointId]);
  await rotation('failed');
  await w.ask(full, { pool: false, delay: '0', deadline: '1 day' });
  await w.ask(pool, { pool: true, delay: '0', deadline: '1 day' });
  expect(await next(HOUR_MS)).toBeNull();
  await rotation('active');
  expect((await next(HOUR_MS))?.endpointId).toBe(pool.endpointId);
  expect(await next(HOUR_MS)).toBeNull();
});
