import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startThrowawayPostgres } from '@rcm/test-services';
import { openWorld, type WorldEndpoint } from '@rcm/test-world';
import { startCountingProxy } from '../counting-proxy.ts';
import { AT_ONCE } from './at-once.ts';

export interface RotationWorld extends AsyncDisposable {
  /** Of a process that rotates. */
  readonly environment: NodeJS.ProcessEnv;
  readonly databasePid: number;
  /** Bytes that the database has written ahead so far. */
  walBytes(): Promise<number>;
  /** Calls that have come to the store so far. */
  storeCalls(): number;
  /** Logins that nobody has rotated yet, of both portals with forms. */
  fresh(count: number): Promise<WorldEndpoint[]>;
  setLatency(ms: number): Promise<void>;
}

/** A migrated world: the database in processes of its own, portals and stores in this one, and whoever rotates elsewhere. */
export async function openRotationWorld(): Promise<RotationWorld> {
  await using opened = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'rcm-bench-rotation-'));
  opened.defer(() => rm(folder, { recursive: true, force: true }));
  const postgres = await startThrowawayPostgres({ folder });
  opened.defer(() => postgres.stop());
  const world = await openWorld({ endpoints: [], server: postgres.url, portalType: { maxConcurrency: 64 } });
  opened.defer(() => world.close());
  const proxy = await startCountingProxy(world.aws.endpoint);
  opened.defer(() => proxy.close());
  const watch = new pg.Client({ connectionString: world.databaseUrl });
  await watch.connect();
  opened.defer(() => watch.end());
  let calls = 0;
  const kept = opened.move();
  return {
    environment: {
      ...process.env,
      ...world.environmentOf('rcm_rotator'),
      RCM_AWS_ENDPOINT: proxy.endpoint,
      RCM_TENANT_ROLE_ARN: world.aws.tenantRoleArn('rotator'),
      RCM_LOG_LEVEL: 'error',
      RCM_MAX_BROWSER_CONTEXTS: String(AT_ONCE),
      RCM_ROTATOR_CONCURRENCY: String(AT_ONCE),
    },
    databasePid: postgres.pid,
    async walBytes() {
      const { rows } = await watch.query<{ bytes: string }>(`SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn AS bytes`);
      return Number(rows[0]?.bytes);
    },
    storeCalls() {
      for (const count of proxy.take().calls.values()) calls += count;
      return calls;
    },
    async fresh(count) {
      const made: WorldEndpoint[] = [];
      for (let index = 0; index < count; index += 1) made.push(await world.addEndpoint(index % 3 === 2 ? 'cascade' : 'alpine'));
      return made;
    },
    async setLatency(ms) {
      for (const portal of ['alpine', 'cascade'] as const)
        await world.portals.setFault(ms === 0 ? { portal, fault: 'none' } : { portal, fault: 'slow', delayMs: ms });
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
