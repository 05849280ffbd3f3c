import { isLongForm } from '@rcm/test-services';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestEndpoint } from '../testing.fixture.ts';
import { cancelPortalTask } from './cancel.ts';
import { claimNextPortalTask, claimPortalTask, finishPortalTask, renewTaskClaim } from './claim.ts';
import { type Choice, readAll, rightChoices } from './plain-turns.fixture.ts';
import { requeuePortalTask } from './queue.ts';
import { tidyPortalTasks } from './tidy.ts';
import { openTurnsEnvironment, type TurnsEnvironment } from './turns-environment.fixture.ts';

let w: TurnsEnvironment;
beforeAll(async () => void (w = await openTurnsEnvironment()));
afterAll(() => w.close());

type Act = readonly [kind: string, one: number, other: number];

/** What may happen beside the taking itself, weighted as it happens. */
const WEIGHTS = {
  ask: 7,
  take: 10,
  end: 3,
  'hand back': 2,
  cancel: 1,
  'by name': 1,
  renew: 1,
  pass: 2,
  sicken: 2,
  heal: 1,
  limit: 1,
  tidy: 1,
  remove: 1,
} as const;
const act: fc.Arbitrary<Act> = fc.tuple(
  fc.oneof(...Object.entries(WEIGHTS).map(([kind, weight]) => ({ arbitrary: fc.constant(kind), weight }))),
  fc.nat(1_000),
  fc.nat(1_000),
);
const of = <T>(choices: readonly T[], pick: number): T | undefined => choices[pick % Math.max(1, choices.length)];
const HOUR_MS = 3_600_000;
/** Pools that were looked at while no account was well are looked at again after ten seconds, or when a hand has nothing else to do. */
let healed: string[] = [];

const worker = 'w';
const running = () =>
  w.t.sql<{ id: string; org: string }>(
    `SELECT id::text, org_id AS org FROM portal_task WHERE state = 'running' AND claimed_until > clock_timestamp() ORDER BY started_at`,
  );
const waiting = () => w.t.sql<{ id: string; org: string }>(`SELECT id::text, org_id AS org FROM portal_task WHERE state IN ('queued', 'running') ORDER BY id`);
const status = (endpoint: TestEndpoint, to: string) => w.t.sql(`UPDATE integration_endpoint SET rotation_status = $1 WHERE id = $2`, [to, endpoint.endpointId]);

/** Mostly where tenants, accounts and pools meet: at the portal where they share a login. */
const crowded = (pick: number) =>
  pick % 4 === 0 ? w.endpoints : w.endpoints.filter((_, place) => place < 3 || place >= w.endpoints.length - 2 || place % 5 === 4);

const acts: Readonly<Record<string, (one: number, other: number) => Promise<unknown>>> = {
  ask: async (one, other) => {
    const endpoint = of(crowded(other), one);
    const delay = of(['-1 hour', '0', '0', '0', '30 minutes'], other) ?? '0';
    const deadline = of(['1 day', '1 day', '1 day', '20 minutes'], one) ?? '1 day';
    for (let i = 0; endpoint && i <= other % 3; i += 1) await w.ask(endpoint, { pool: one % 3 === 1, delay, deadline });
  },
  take: async (one) => {
    const before = await readAll(w.t);
    const task = await claimNextPortalTask(w.t.agent, { worker, ttlMs: of([60_000, HOUR_MS], one) ?? HOUR_MS });
    const choice = task && { task: task.id, account: task.endpointId };
    // One that has healed may be passed over for ten seconds.
    const right = subsets(healed).map((late) =>
      rightChoices({ ...before, accounts: before.accounts.map((a) => (late.includes(a.id) ? { ...a, sick: true } : a)) }),
    );
    expect(
      right.some((choices) => isOneOf(choice, choices)),
      `${JSON.stringify(choice)} is none of ${JSON.stringify(right)}`,
    ).toBe(true);
    if (!choice) expect(rightChoices(before)).toEqual([]);
    // Only a pool's task shows that the pool has seen who is well: one for the account by name asks nobody.
    if (before.tasks.some((known) => known.id === choice?.task && known.pool !== null)) healed = healed.filter((id) => id !== choice?.account);
  },
  'by name': async (one) => {
    const task = of(await waiting(), one);
    if (!task) return;
    const before = await readAll(w.t);
    const taken = await claimPortalTask(w.t.agent, { taskId: task.id, orgId: task.org, worker, ttlMs: HOUR_MS });
    const [tasks, itself] = [
      before.tasks.filter(({ id, state, claimedUntil }) => id === task.id || (state === 'running' && (claimedUntil ?? 0) > before.now)),
      task.id,
    ];
    const right = rightChoices({ ...before, tasks }).filter((choice) => choice.task === itself);
    expect(
      isOneOf(
        taken && { task: taken.id, account: taken.endpointId },
        right.map(({ account }) => ({ task: itself, account })),
        'task',
      ),
    ).toBe(true);
  },
  end: async (one) => {
    const task = of(await running(), one);
    if (task) expect(await finishPortalTask(w.t.agent, { taskId: task.id, orgId: task.org, worker, errorCode: 'c', message: 'm' })).toBe(true);
  },
  'hand back': async (one, other) => {
    const task = of(await running(), one);
    if (task)
      await requeuePortalTask(w.t.agent, { taskId: task.id, orgId: task.org, worker, delayMs: other % 2 ? 0 : HOUR_MS / 2, reason: 'r', countsAsTry: false });
  },
  cancel: async (one) => {
    const task = of(await waiting(), one);
    if (task) await cancelPortalTask(w.t.agent, { taskId: task.id, orgId: task.org, requester: { kind: 'terminal', name: 'n' }, reach: 'organization' });
  },
  renew: async (one) => {
    const task = of(await running(), one);
    if (task) await renewTaskClaim(w.t.agent, { taskId: task.id, orgId: task.org, worker, ttlMs: HOUR_MS });
  },
  pass: async (one) => {
    await w.pass(of(['2 minutes', '2 minutes', '25 minutes', '70 minutes'], one) ?? '2 minutes');
    healed = [];
  },
  sicken: async (one) => {
    const endpoint = of(crowded(1), one);
    if (endpoint) await status(endpoint, 'failed');
    healed = healed.filter((id) => id !== endpoint?.endpointId);
  },
  heal: async () => {
    const rows = await w.t.sql<{ id: string }>(`UPDATE integration_endpoint SET rotation_status = 'active' WHERE rotation_status = 'failed' RETURNING id`);
    healed.push(...rows.map(({ id }) => id));
  },
  limit: (one, other) => w.t.sql('UPDATE portal_type SET max_task_concurrency = $1 WHERE code = $2', [of([null, 1, 2, 3], one), of(w.portals, other)]),
  tidy: () => tidyPortalTasks(w.t.agent, { keptMs: 24 * HOUR_MS }),
  remove: async (one) => {
    const task = of(await waiting(), one);
    if (task) await w.t.sql('DELETE FROM portal_task WHERE id = $1 AND started_at IS NULL', [task.id]);
  },
};

/** Of a tenant's turns one stands for it in the order of all, and says what is so; the others never say that its turn comes later than it does. */
const UNTRUE = `
  SELECT t.org_id, t.running, t.served_at, array_agg(u ORDER BY u.portal_type_code) AS turns FROM task_tenant t JOIN task_turn u ON u.org_id = t.org_id GROUP BY t.org_id
  HAVING count(*) FILTER (WHERE u.leads) <> 1 OR bool_or(u.leads AND (u.running, u.served_at) IS DISTINCT FROM (t.running, t.served_at))
      OR bool_or((u.running, coalesce(u.served_at, '-infinity')) > (t.running, coalesce(t.served_at, '-infinity')))`;

const subsets = (names: readonly string[]): string[][] => names.reduce<string[][]>((sets, name) => [...sets, ...sets.map((set) => [...set, name])], [[]]);

function isOneOf(choice: Choice | null, right: readonly Choice[], by: 'both' | 'task' = 'both'): boolean {
  if (!choice) return right.length === 0;
  return right.some(({ task, account }) => task === choice.task && (by === 'task' || account === choice.account));
}

/** What is asked, taken, ended and passed in any order: the kept turns give what reading every row gives. */
test('the task whose turn it is is the one that looking at every row would choose', { timeout: 3_600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 60, maxLength: 150, size: 'max' }), async (happened) => {
      await w.clear();
      healed = [];
      for (const [kind, one, other] of happened) {
        await acts[kind]?.(one, other);
        expect(await w.t.sql(UNTRUE), kind).toEqual([]);
      }
      // And what is left is done to the end, nobody being told of anything but by the rows.
      await acts.heal?.(0, 0);
      // Every third look ends a task, and two hours pass: some wait so long, and some claims end by themselves and come again.
      for (let left = 6 * (await unfinished()) + 200; left > 0 && (await unfinished()) > 0; left -= 1) {
        await acts.take?.(1, 0);
        if (left % 3 === 0) await acts.end?.(0, 0);
        if (left % 40 === 0) await acts.pass?.(2, 0);
      }
      expect(await unfinished()).toBe(0);
    }),
    { numRuns: isLongForm() ? 1_000 : 8, endOnFailure: true },
  );
});

const unfinished = async (): Promise<number> =>
  (await w.t.sql(`SELECT FROM portal_task WHERE state IN ('queued', 'running') AND deadline_at > clock_timestamp()`)).length;
