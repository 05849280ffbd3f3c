import { openClient, startThrowawayPostgres, temporaryFolder } from '@rcm/test-services';
import { type EnvironmentEndpoint, openTestEnvironment, type TestEnvironment } from '@rcm/test-environment';
import { startCountingProxy } from '../counting-proxy.ts';
import { AT_ONCE } from './at-once.ts';
import { secondsOfAll } from './processor-seconds.ts';
import { ProcessorWatch } from './processor-watch.ts';

/** What each part of the test environment has spent in a time. Seconds are a processor's. */
export type Spent = {
  /** Node, where the measured process itself runs. */
  readonly programSeconds: number;
  readonly browserSeconds: number;
  readonly databaseSeconds: number;
  /** Portals and stores, which are nobody's in the end: the stand-ins cost what no real one would cost us. */
  readonly elsewhereSeconds: number;
  /** Bytes that the database wrote ahead. */
  readonly walBytes: number;
  /** Calls that came to the store. */
  readonly storeCalls: number;
  /** New rows of the ledger, and of the audit trail. */
  readonly ledgerRows: number;
  readonly auditRows: number;
};

export interface MeasuredEnvironment extends AsyncDisposable {
  readonly testEnvironment: TestEnvironment;
  /** Of a process of this app, which does so many things at a time, in so many browser contexts. Default: `AT_ONCE` of both. */
  environmentOf(app: MeasuredApp, atOnce?: AtOnce): NodeJS.ProcessEnv;
  /**
   * Does the work, and tells what was spent meanwhile for the process `pid`, all its children, and by everybody else. One at a time: the database and the
   * stores cannot tell who asks.
   */
  spending<T>(pid: number, work: () => Promise<T>): Promise<readonly [T, Spent]>;
  /** Logins that nobody has used yet, of both portals with forms. */
  fresh(count: number): Promise<EnvironmentEndpoint[]>;
  setLatency(ms: number): Promise<void>;
}

type MeasuredApp = 'rotator' | 'agent';

export interface AtOnce {
  readonly contexts: number;
  /** Rotations, or tasks. */
  readonly works: number;
}

const OF_APP = {
  rotator: ({ works }: AtOnce) => ({ RCM_ROTATOR_CONCURRENCY: String(works) }),
  agent: ({ works }: AtOnce) => ({ RCM_AGENT_CONCURRENCY: String(works), RCM_HEALTH_PORT: '0' }),
} as const satisfies Readonly<Record<MeasuredApp, (atOnce: AtOnce) => NodeJS.ProcessEnv>>;

const SPENT = `SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS wal, (SELECT count(*) FROM login_attempt) AS ledger, (SELECT count(*) FROM audit_event) AS audit`;

/** A migrated test environment: the database in processes of its own, portals and stores in this one, and whoever is measured elsewhere. */
export async function openMeasuredEnvironment(): Promise<MeasuredEnvironment> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.use(await temporaryFolder('bench-environment'));
  const postgres = opened.adopt(await startThrowawayPostgres({ folder: folder.path }), (each) => each.stop());
  const testEnvironment = await openTestEnvironment({ endpoints: [], server: postgres.url, portalType: { maxConcurrency: 64 } });
  opened.defer(() => testEnvironment.close());
  const proxy = await startCountingProxy(testEnvironment.aws.endpoint);
  opened.defer(() => proxy.close());
  const watch = opened.use(await openClient(testEnvironment.databaseUrl));
  let storeCalls = 0;
  /** So far, by all who ask the database and the stores. */
  const shared = async () => {
    const { user, system } = process.cpuUsage();
    const databaseSeconds = secondsOfAll(postgres.pid);
    const { rows } = await watch.query<{ wal: string; ledger: string; audit: string }>(SPENT);
    for (const count of proxy.take().calls.values()) storeCalls += count;
    const [row] = rows;
    return {
      ...{ databaseSeconds, elsewhereSeconds: (user + system) / 1_000_000, storeCalls },
      ...{ walBytes: Number(row?.wal), ledgerRows: Number(row?.ledger), auditRows: Number(row?.audit) },
    };
  };
  const kept = opened.move();
  return {
    testEnvironment,
    environmentOf: (app, atOnce = { contexts: AT_ONCE, works: AT_ONCE }) => ({
      ...process.env,
      ...testEnvironment.environmentOf(`rcm_${app}`),
      RCM_AWS_ENDPOINT: proxy.endpoint,
      RCM_TENANT_ROLE_ARN: testEnvironment.aws.tenantRoleArn(app),
      RCM_LOG_LEVEL: 'error',
      RCM_MAX_BROWSER_CONTEXTS: String(atOnce.contexts),
      ...OF_APP[app](atOnce),
    }),
    async spending(pid, work) {
      const before = await shared();
      using processors = new ProcessorWatch(pid);
      const result = await work();
      const { own, others } = processors.seconds();
      return [result, { programSeconds: own, browserSeconds: others, ...since(before, await shared()) }];
    },
    async fresh(count) {
      const made: EnvironmentEndpoint[] = [];
      for (let index = 0; index < count; index += 1) made.push(await testEnvironment.addEndpoint(index % 3 === 2 ? 'cascade' : 'alpine'));
      return made;
    },
    async setLatency(ms) {
      for (const portal of ['alpine', 'cascade'] as const)
        await testEnvironment.portals.setFault(ms === 0 ? { portal, fault: 'none' } : { portal, fault: 'slow', delayMs: ms });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** What came in between two looks. */
function since<T extends Readonly<Record<string, number>>>(before: T, after: T): T {
  return Object.fromEntries(Object.entries(after).map(([what, amount]) => [what, amount - (before[what] ?? 0)])) as T;
}
