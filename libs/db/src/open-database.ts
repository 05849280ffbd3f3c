import { PrismaPg } from '@prisma/adapter-pg';
import { type Client, type Database, OMIT, type Transaction } from './database.ts';
import { type AskersClock, enterScope } from './enter-scope.ts';
import { translated } from './failure.ts';
import { PrismaClient } from './generated/client.ts';
import { checkKeys, type KnownKey } from './keys/check.ts';
import { checkSchema } from './migrations/schema-state.ts';
import { createPool, TIMEOUTS } from './pool.ts';
import { notePlace } from './restore/restore.ts';
import { type AppRole, checkAppRole } from './roles/app-role.ts';
import { checkTaskKeys } from './sealing/check.ts';
import { CachedDataKeys } from './sealing/data-keys.ts';
import type { DataKeyWrapping } from './sealing/wrapping.ts';
import { inRawTransaction } from './raw-transaction.ts';

export interface DatabaseOptions {
  /** Pooled URL; a transaction-mode pooler is fine. */
  readonly url: string;
  /** Direct URL, for LISTEN. Default: `url`. */
  readonly directUrl?: string | undefined;
  /** Shown in pg_stat_activity. */
  readonly applicationName: string;
  /** Connections of this process at most. Default 10. */
  readonly maxConnections?: number;
  /** What the login must be a member of, checked by the first operation, and that the database is migrated for it. Every app names its own; default: nothing is checked. */
  readonly role?: AppRole;
  /** The keys that this process has, checked by the first operation, too: it works with none that rows do not know it by. Default: nothing is checked. */
  readonly keys?: readonly KnownKey[] | undefined;
  /**
   * What wraps the keys that tasks' inputs and results are sealed under. Without it none is written and none is read. For an agent its key files are
   * checked by the first operation, too.
   */
  readonly dataKeys?: DataKeyWrapping | undefined;
  /** Default: this process's own. Given where a test sets the time. */
  readonly clock?: AskersClock;
  /** Called each time that Postgres answers and writes nothing: it only reads, or has no room. Must not throw. Default: nobody asks. */
  readonly onRefusal?: (() => void) | undefined;
}

/**
 * Opens a pool; the first connection is made by the first operation. Nothing here keeps session state, so a transaction-mode pooler may
 * sit between.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = createPool({
    url: options.url,
    applicationName: options.applicationName,
    maxConnections: options.maxConnections ?? 10,
    onRefusal: options.onRefusal,
  });
  const client: Client = new PrismaClient({
    adapter: new PrismaPg(pool),
    omit: OMIT,
    errorFormat: 'minimal',
    log: [],
    // Their isolation is what BeginningClient begins them with.
    transactionOptions: { maxWait: TIMEOUTS.freeConnection + 5_000, timeout: TIMEOUTS.statement },
  });
  const checks = checksOf(options);
  const { clock = Date.now } = options;
  const transaction: Database['transaction'] = (scope, act) =>
    translated(() =>
      client.$transaction(async (tx) => {
        await checks.pass(tx);
        await enterScope(tx, scope, clock);
        return act(tx);
      }),
    );
  const rawTransaction: Database['rawTransaction'] = (scope, act) =>
    translated(async () => {
      if (!checks.passed()) await transaction('no tenant', () => Promise.resolve());
      return inRawTransaction(pool, { scope, clock }, act);
    });
  return {
    directUrl: options.directUrl ?? options.url,
    applicationName: options.applicationName,
    dataKeys: options.dataKeys ? new CachedDataKeys({ wrapping: options.dataKeys, transaction: rawTransaction }) : null,
    ping: () => transaction('no tenant', async (tx) => void (await tx.$queryRaw`SELECT 1 AS one`)),
    // Prisma, where nothing has asked it, knows of no pool.
    close: async () => {
      await client.$disconnect();
      if (!pool.ending) await pool.end();
    },
    ...{ transaction, rawTransaction },
  };
}

/** The checks of schema, login and keys before the first transaction. They are repeated until they have been answered: an unreachable database proves nothing. */
function checksOf({ role, keys, dataKeys }: Pick<DatabaseOptions, 'role' | 'keys' | 'dataKeys'>): Checks {
  let passed = role === undefined && keys === undefined;
  return {
    passed: () => passed,
    async pass(tx) {
      if (passed) return;
      // First: without tables there are no roles to speak of.
      if (role !== undefined) await checkSchema(tx);
      if (role !== undefined) await checkAppRole(tx, role);
      if (keys !== undefined) await checkKeys(tx, keys, role);
      if (role === 'rcm_agent' && dataKeys !== undefined) await checkTaskKeys(tx, dataKeys);
      if (role === 'rcm_agent' || role === 'rcm_rotator') await notePlace(tx);
      passed = true;
    },
  };
}

interface Checks {
  passed(): boolean;
  pass(tx: Transaction): Promise<void>;
}
