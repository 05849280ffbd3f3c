import { openClient } from '@rcm/test-services';
import type { BenchmarkResult } from '../benchmark.ts';
import { figure, REPORTED } from '../targets.ts';

/** What each row of a table brings along: a login its row, its account and its turns among those that people rotate and those that lapse; all with their indexes. */
const TABLES = {
  'a login': ['integration_endpoint', ['integration_endpoint', 'login_identity', 'manual_watch', 'login_upkeep']],
  'a row of the ledger': ['login_attempt', ['login_attempt']],
  'a rotation': ['rotation_attempt', ['rotation_attempt']],
  'a task': ['portal_task', ['portal_task']],
  'an event of the audit trail': ['audit_event', ['audit_event']],
} as const;

/** How much of the disk a row takes at this size of the fleet, with the indexes; as Postgres keeps it before anything was updated or deleted. */
export async function rowBytes(url: string): Promise<BenchmarkResult[]> {
  await using client = await openClient(url);
  const results: BenchmarkResult[] = [];
  for (const [what, [counted, tables]] of Object.entries(TABLES)) {
    const { rows } = await client.query<{ bytes: number }>(
      `SELECT (SELECT sum(pg_total_relation_size(name::regclass)) FROM unnest($1::text[]) AS name)::float8 / greatest(1, (SELECT count(*) FROM ${counted})) AS bytes`,
      [tables],
    );
    results.push(figure({ name: `${what}, with its indexes`, value: rows[0]?.bytes ?? 0, digits: 0, unit: 'bytes', target: REPORTED }));
  }
  return results;
}
