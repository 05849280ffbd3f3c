import { Secret } from '@rcm/telemetry';
import pg from 'pg';
import type { Database } from '../database.ts';
import { openDatabase } from '../open-database.ts';
import type { AppRole } from '../roles/app-role.ts';
import { keyFileWrapping } from '../sealing/key-file.ts';
import { urlFor } from '../testing.ts';
import type { Operation } from './operation.ts';

/** What one operation cost, several times over. */
export interface Cost {
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** Pages of tables and indexes that were looked at, in memory or not; of the run in the middle. */
  readonly pages: number;
  /** Rows of a growing table that were read by going through it, and not by an index; by table, of all runs that read more than a few thousand. */
  readonly scanned: Readonly<Record<string, number>>;
}

interface Counters {
  readonly pages: number;
  readonly scanned: ReadonlyMap<string, number>;
}

/** Tables whose rows do not grow in number with the fleet: portal types, and what there is one of for each. */
const SMALL: ReadonlySet<string> = new Set([
  'portal_type',
  'portal_gate',
  'portal_logins',
  'key_check',
  'schema_migration',
  'database_place',
  'database_restore',
  'storage_outside',
  'backup_run',
  'rotation_pause',
]);

/** Of so many rows nobody makes an index's way; a table that holds no more is not a growing one at the size that is measured. */
const FEW_ROWS = 2_000;

/** One connection for each role, so that a session can be told to hand in its counts. Nobody else may use the database meanwhile. */
export class Measurer {
  readonly #url: string;
  readonly #watch: pg.Client;
  readonly #opened = new Map<AppRole, Database>();
  readonly #wrapping = keyFileWrapping({ id: 'scale', key: new Secret('a key of a measurement, of which nothing depends') });

  private constructor(url: string, watch: pg.Client) {
    [this.#url, this.#watch] = [url, watch];
  }

  static async open(url: string): Promise<Measurer> {
    const watch = new pg.Client({ connectionString: url });
    await watch.connect();
    return new Measurer(url, watch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#opened.values()].map((db) => db.close()));
    await this.#watch.end();
  }

  /** Runs it until it ran `most` times or for `longestMs`, three times at least; the first does not count. */
  async measure({ as, run }: Operation, { most, longestMs }: { readonly most: number; readonly longestMs: number }): Promise<Cost> {
    const db = await this.#as(as);
    const runs: { readonly ms: number; readonly pages: number }[] = [];
    const scanned = new Map<string, number>();
    await run(db);
    const until = performance.now() + longestMs;
    let before = await this.#counters(db);
    while (runs.length < 3 || (runs.length < most && performance.now() < until)) {
      const startedAt = performance.now();
      await run(db);
      const ms = performance.now() - startedAt;
      const after = await this.#counters(db);
      runs.push({ ms, pages: after.pages - before.pages });
      for (const [table, rows] of after.scanned) {
        const read = rows - (before.scanned.get(table) ?? 0);
        if (read > FEW_ROWS && !SMALL.has(table)) scanned.set(table, (scanned.get(table) ?? 0) + read);
      }
      before = after;
    }
    const at = (part: number, of: (run: (typeof runs)[number]) => number) => runs.map(of).sort((a, b) => a - b)[Math.ceil(part * runs.length) - 1] ?? 0;
    return { p50Ms: at(0.5, ({ ms }) => ms), p95Ms: at(0.95, ({ ms }) => ms), pages: at(0.5, ({ pages }) => pages), scanned: Object.fromEntries(scanned) };
  }

  async #as(role: AppRole): Promise<Database> {
    const known = this.#opened.get(role);
    if (known) return known;
    const db = openDatabase({ url: urlFor(role, this.#url), role, applicationName: 'scale', maxConnections: 1, dataKeys: this.#wrapping });
    this.#opened.set(role, db);
    await db.ping();
    return db;
  }

  async #counters(db: Database): Promise<Counters> {
    await db.transaction('no tenant', (tx) => tx.$queryRaw`SELECT pg_stat_force_next_flush()::text`);
    const { rows } = await this.#watch.query<{ name: string; pages: string; scanned: string }>(`
      SELECT t.relname AS name, t.seq_tup_read AS scanned,
             coalesce(i.heap_blks_read, 0) + coalesce(i.heap_blks_hit, 0) + coalesce(i.idx_blks_read, 0) + coalesce(i.idx_blks_hit, 0)
               + coalesce(i.toast_blks_read, 0) + coalesce(i.toast_blks_hit, 0) + coalesce(i.tidx_blks_read, 0) + coalesce(i.tidx_blks_hit, 0) AS pages
        FROM pg_statio_user_tables i JOIN pg_stat_user_tables t USING (relid) WHERE t.schemaname = 'public'`);
    return {
      pages: rows.reduce((sum, row) => sum + Number(row.pages), 0),
      scanned: new Map(rows.map((row) => [row.name, Number(row.scanned)])),
    };
  }
}
