import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase } from '@rcm/db';
import { keyFileWrapping } from '@rcm/db/sealing';
import { migrateWithLogins, urlFor } from '@rcm/db/testing';
import { Secret } from '@rcm/telemetry';
import { type RunningService, startEmbeddedPostgres } from '@rcm/test-services';

export interface QueueSizes {
  readonly accounts: number;
  readonly tenants: number;
  readonly portalTypes: number;
  readonly tasksEach: number;
  /** Waiting beside these for the accounts of the first tenant. */
  readonly crowd: number;
}

export interface QueueEnvironment extends AsyncDisposable {
  /** Superuser URL. */
  readonly url: string;
  /** As a web-agent logs in. */
  readonly agent: Database;
}

/** How it was: the function, as the migration before has it, and the index that it read by. */
const BEFORE = join(import.meta.dirname, '../../../../prisma/migrations/20261126110000_hints_and_bounds/migration.sql');
const FUNCTION = /CREATE OR REPLACE FUNCTION rcm_take_task[\s\S]*?END \$\$;/;

/** A database with tasks that wait. `before`: with the one lock for all takers, held while every account that has something waiting is looked at. */
export async function openQueueEnvironment(
  sizes: QueueSizes,
  as: 'now' | 'before',
  start: () => Promise<RunningService> = startEmbeddedPostgres,
): Promise<QueueEnvironment> {
  await using opened = new AsyncDisposableStack();
  const { url } = opened.adopt(await start(), (server) => server.stop());
  await migrateWithLogins(url);
  const owner = opened.adopt(openDatabase({ url, applicationName: 'bench', maxConnections: 1 }), (db) => db.close());
  if (as === 'before') await goBack(owner);
  await fill(owner, sizes);
  const dataKeys = keyFileWrapping({ id: 'bench', key: new Secret('bench-key-0123456789-0123456789-0123456789') });
  const agent = opened.adopt(openDatabase({ url: urlFor('rcm_agent', url), applicationName: 'bench', maxConnections: 8, dataKeys }), (db) => db.close());
  const kept = opened.move();
  return { url, agent, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function goBack(owner: Database): Promise<void> {
  const [body] = FUNCTION.exec(readFileSync(BEFORE, 'utf8')) ?? [];
  if (body === undefined) throw new Error(`${BEFORE} has no rcm_take_task any more.`);
  const statements = [
    'DROP TRIGGER portal_task_asked ON portal_task',
    'DROP TRIGGER portal_task_changed ON portal_task',
    'DROP TRIGGER portal_task_removed ON portal_task',
    'DROP INDEX portal_task_in_hand, portal_task_in_hand_of_account, portal_task_in_hand_at_portal',
    'CREATE INDEX portal_task_last_of_tenant ON portal_task (org_id, started_at)',
    'CREATE INDEX portal_task_by_endpoint ON portal_task (org_id, endpoint_id)',
    body,
  ];
  await owner.transaction('every tenant', async (tx) => {
    for (const statement of statements) await tx.$executeRawUnsafe(statement);
  });
}

const PART = 2_000;

/** Straight into the tables: by way of the queue it would take hours. A transaction has half a minute, so the tasks come in parts. */
async function fill(owner: Database, { accounts, tenants, portalTypes, tasksEach, crowd }: QueueSizes): Promise<void> {
  await owner.transaction('every tenant', async (tx) => {
    await tx.$executeRaw`
      INSERT INTO portal_type (code, name, hosts, driver, recipe, password_rules, rotation_mode, lockout_threshold, lockout_margin, lockout_window_seconds, settle_ms)
      SELECT 'p' || p, 'p', ARRAY['p.example'], 'recipe', '{}', 'minlength: 12', 'automatic', 4, 1, 900, 0 FROM generate_series(0, ${portalTypes - 1}::int) p`;
    await tx.$executeRaw`INSERT INTO organization (id, name) SELECT 'o' || o, 'o' FROM generate_series(0, ${tenants - 1}::int) o`;
    await tx.$executeRaw`INSERT INTO login_identity (id) SELECT lpad(i::text, 64, '0') FROM generate_series(0, ${accounts - 1}::int) i`;
    await tx.$executeRaw`
      INSERT INTO integration_endpoint (id, org_id, portal_type_code, account_id, base_url, secret_arn, current_version, login_identity)
      SELECT 'e' || i, 'o' || i % ${tenants}::int, 'p' || (i / ${tenants}::int + i) % ${portalTypes}::int, 'a' || i, 'https://p.example/', 'arn:aws:ssm:' || i, '1', lpad(i::text, 64, '0')
        FROM generate_series(0, ${accounts - 1}::int) i`;
  });
  for (let from = 0; from < accounts; from += PART)
    await owner.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`
        INSERT INTO portal_task (id, org_id, endpoint_id, name, not_before)
        SELECT gen_random_uuid(), 'o' || i % ${tenants}::int, 'e' || i, 'n', now() - interval '1 hour' + n * interval '1 second'
          FROM generate_series(${from}::int, ${Math.min(from + PART, accounts) - 1}::int) i CROSS JOIN generate_series(1, ${tasksEach}::int) n`,
    );
  for (let from = 0; from < crowd; from += PART)
    await owner.transaction(
      'every tenant',
      (tx) => tx.$executeRaw`
        INSERT INTO portal_task (id, org_id, endpoint_id, name, not_before)
        SELECT gen_random_uuid(), 'o0', 'e' || (n % ${Math.floor(accounts / tenants)}::int) * ${tenants}::int, 'n', now() - interval '2 hours' + n * interval '1 millisecond'
          FROM generate_series(${from}::int, ${Math.min(from + PART, crowd) - 1}::int) n`,
    );
  // As autovacuum would have done by the time that so many wait.
  await owner.transaction('every tenant', (tx) => tx.$executeRaw`ANALYZE`);
}
