/**
 * Whose turn it is, said slowly and plainly: every row is read, nothing is kept from one question to the next. It knows nothing of how the database finds
 * the answer; it is what docs/tasks.md says.
 */
import type { TestDatabase } from '../testing.fixture.ts';

interface Task {
  readonly id: string;
  readonly org: string;
  readonly account: string | null;
  readonly pool: string | null;
  readonly state: string;
  readonly notBefore: number;
  readonly deadline: number;
  readonly claimedUntil: number | null;
  readonly startedAt: number | null;
}

interface Account {
  readonly id: string;
  readonly org: string;
  readonly login: string;
  readonly portal: string;
  readonly sessions: number;
  readonly atOnce: number | null;
  readonly sick: boolean;
}

export interface AllRows {
  readonly now: number;
  readonly tasks: readonly Task[];
  readonly accounts: readonly Account[];
}

export async function readAll(t: TestDatabase): Promise<AllRows> {
  const seconds = (column: string) => `extract(epoch FROM ${column})::float8`;
  const [clock] = await t.sql<{ now: number }>(`SELECT ${seconds('clock_timestamp()')} AS now`);
  const tasks = await t.sql<Task & Record<string, unknown>>(`
    SELECT id::text, org_id AS org, endpoint_id AS account, portal_type_code AS pool, state, ${seconds('not_before')} AS "notBefore", ${seconds('deadline_at')} AS deadline,
           ${seconds('claimed_until')} AS "claimedUntil", ${seconds('started_at')} AS "startedAt" FROM portal_task`);
  const accounts = await t.sql<Account & Record<string, unknown>>(`
    SELECT e.id, e.org_id AS org, coalesce(e.login_identity, e.id) AS login, e.portal_type_code AS portal, p.max_sessions_per_account AS sessions, p.max_task_concurrency AS "atOnce",
           e.rotation_status = 'failed' IS TRUE AS sick FROM integration_endpoint e JOIN portal_type p ON p.code = e.portal_type_code`);
  return { now: clock?.now ?? 0, tasks, accounts };
}

export interface Choice {
  readonly task: string;
  readonly account: string;
}

/** Every choice that is right: more than one where nothing tells two tasks or accounts apart, none where there is nothing to take. */
export function rightChoices({ now, tasks, accounts }: AllRows): Choice[] {
  const working = tasks.filter((task) => task.state === 'running' && (task.claimedUntil ?? 0) > now);
  const accountOf = (task: Task) => accounts.find((account) => account.id === task.account);
  const sessions = (account: Account) => working.filter((task) => accountOf(task)?.login === account.login).length;
  const atPortal = (portal: string) => working.filter((task) => accountOf(task)?.portal === portal).length;
  const last = (started: readonly Task[]) => Math.max(Number.NEGATIVE_INFINITY, ...started.map((task) => task.startedAt ?? Number.NEGATIVE_INFINITY));

  const ready = tasks.filter(
    (task) => task.deadline > now && ((task.state === 'queued' && task.notBefore <= now) || (task.state === 'running' && (task.claimedUntil ?? 0) <= now)),
  );
  const ways = ready.flatMap((task) =>
    accounts
      .filter((account) => account.org === task.org && (task.pool === null ? account.id === task.account : account.portal === task.pool && !account.sick))
      .filter((account) => sessions(account) < account.sessions && (account.atOnce === null || atPortal(account.portal) < account.atOnce))
      .map((account) => ({ task, account })),
  );
  // Each narrows what the one before has left.
  const order: readonly ((way: (typeof ways)[number]) => number | string)[] = [
    ({ task }) => working.filter((other) => other.org === task.org).length,
    ({ task }) => last(tasks.filter((other) => other.org === task.org)),
    ({ task }) => task.org,
    ({ task }) => task.notBefore,
    ({ account }) => sessions(account),
    ({ account }) => last(tasks.filter((other) => other.org === account.org && other.account === account.id)),
  ];
  const left = order.reduce((kept, by) => {
    const least = kept.map(by).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))[0];
    return kept.filter((way) => by(way) === least);
  }, ways);
  return left.map(({ task, account }) => ({ task: task.id, account: account.id }));
}
