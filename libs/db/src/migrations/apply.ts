import { randomUUID } from 'node:crypto';
import { systemClock } from '@rcm/telemetry';
import type pg from 'pg';
import { withMigrationClient } from './client.ts';
import { type MigrationFile, readMigrations, SHIPPED } from './files.ts';
import { nextMigration, readHistory } from './history.ts';

/** The number that Prisma's own `migrate` locks, so that it and this applier keep out of each other's way. */
const MIGRATE_LOCK = 72_707_369;
/** Longest wait for another process that is migrating, and for what a migration needs that others have. */
const LOCK_MS = 120_000;
/**
 * How long a migration stands in line for one lock, and how long it then leaves the line to others. Behind whoever waits for a whole table everybody waits: where a dump reads it
 * for an hour, no lease would be renewed and no login written down.
 */
const IN_LINE = { ms: 1_000, pauseMs: 2_000 } as const;

const HISTORY = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id                  VARCHAR(36) PRIMARY KEY NOT NULL,
    checksum            VARCHAR(64) NOT NULL,
    finished_at         TIMESTAMPTZ,
    migration_name      VARCHAR(255) NOT NULL,
    logs                TEXT,
    rolled_back_at      TIMESTAMPTZ,
    started_at          TIMESTAMPTZ NOT NULL DEFAULT now(),
    applied_steps_count INTEGER NOT NULL DEFAULT 0
  )`;

export interface MigrationOptions {
  /** Of a role that may create tables. Direct or pooled: nothing here outlives its transaction. */
  readonly url: string;
  /** Default: `prisma/migrations` of this repository. */
  readonly directory?: string;
  /** Told of each one when it is committed. */
  onApplied?(name: string): void;
}

/**
 * Brings a database up to the newest migration; returns the names of those it applied. Safe to repeat and to run in several
 * processes at once. Each migration and its line in `_prisma_migrations` are one transaction: a crash or an error leaves
 * the migration either applied and recorded, or neither. The table is Prisma's own (docs/adr/0001).
 * Fails with `state_conflict`: an applied migration's file was changed or is missing, or one failed half-way under another tool;
 * `database_unavailable`; `database_failed` (the SQL of a migration).
 */
export async function applyMigrations({ url, directory = SHIPPED, onApplied }: MigrationOptions): Promise<readonly string[]> {
  const files = await readMigrations(directory);
  return withMigrationClient(url, async (client) => {
    const applied: string[] = [];
    const next = () => outOfOthersWay(() => applyNext(client, files));
    for (let name = await next(); name !== null; name = await next()) {
      applied.push(name);
      onApplied?.(name);
    }
    return applied;
  });
}

/** SQLSTATEs: a lock that was not to be had in time; one that two waited for, each for what the other has. Of that transaction nothing is left. */
const IN_THE_WAY: ReadonlySet<unknown> = new Set(['55P03', '40P01']);

/** Tries an act again for as long as others have what it needs. */
async function outOfOthersWay<T>(act: () => Promise<T>): Promise<T> {
  const giveUpAt = performance.now() + LOCK_MS;
  for (;;) {
    try {
      return await act();
    } catch (error) {
      if (!IN_THE_WAY.has((error as { readonly code?: unknown }).code) || performance.now() >= giveUpAt) throw error;
    }
    await systemClock.sleep(IN_LINE.pauseMs);
  }
}

/** Applies the first migration that is missing; `null`: none is. The history is read anew each time, under the lock. */
async function applyNext(client: pg.Client, files: readonly MigrationFile[]): Promise<string | null> {
  await client.query('BEGIN');
  try {
    await client.query(`SET LOCAL lock_timeout = ${LOCK_MS}; SELECT pg_advisory_xact_lock(${MIGRATE_LOCK}); ${HISTORY}`);
    const next = nextMigration(files, await readHistory(client));
    if (next) {
      const id = randomUUID();
      await client.query('INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at) VALUES ($1, $2, $3, clock_timestamp())', [
        id,
        next.checksum,
        next.name,
      ]);
      await client.query(`SET LOCAL lock_timeout = ${IN_LINE.ms}`);
      await client.query(next.sql);
      await client.query('UPDATE _prisma_migrations SET finished_at = clock_timestamp(), applied_steps_count = 1 WHERE id = $1', [id]);
    }
    await client.query('COMMIT');
    return next?.name ?? null;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
