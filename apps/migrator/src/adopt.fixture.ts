import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { upsertPortalType } from '@rcm/db/admin';
import { parseJsonExactly } from '@rcm/credentials';
import { Secret } from '@rcm/telemetry';
import { readMapping } from './adopt/mapping.ts';
import { MAPPING, PORTAL_TYPES } from './adopt/source-table.fixture.ts';
import { adopt, type AdoptFrom } from './commands/adopt.ts';
import type { Report } from './report.ts';
import { portalType } from './seeds.fixture.ts';
import type { OpenMigration } from './services.ts';
import type { TestEnvironment } from './testing.fixture.ts';

export const PERSON = { actor: 'person:os:jane', reason: 'a test' };

/** Files of one test. */
export interface Folder {
  file(name: string, text: string, mode?: number): string;
  remove(): void;
}

export function openFolder(): Folder {
  const folder = mkdtempSync(join(tmpdir(), 'rcm-adopt-'));
  return {
    file(name, text, mode = 0o600) {
      const path = join(folder, name);
      writeFileSync(path, text, { mode });
      return path;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The portal types that the company's addresses lead to. */
export async function plantPortalTypes({ db }: TestEnvironment): Promise<void> {
  for (const [code, hosts] of Object.entries(PORTAL_TYPES)) await upsertPortalType(db, { ...portalType(code), hosts });
}

export interface Adopting {
  readonly folder: Folder;
  readonly from: string | AdoptFrom;
  readonly mapping?: unknown;
  readonly anew?: readonly string[];
}

const call = ({ folder, from, mapping = MAPPING, anew = [] }: Adopting) => ({
  anew,
  mapping: readMapping(folder.file('mapping.json', JSON.stringify(mapping))),
  from: typeof from === 'string' ? { database: new Secret(from) } : from,
});

export const planned = (migration: OpenMigration, adopting: Adopting): Promise<Report> => adopt(migration, { ...call(adopting), act: null });
export const adopted = (migration: OpenMigration, adopting: Adopting): Promise<Report> => adopt(migration, { ...call(adopting), act: PERSON });

export interface AdoptedEndpoint {
  readonly sourceId: string;
  readonly endpointId: string;
  readonly orgId: string;
  readonly orgName: string;
  readonly firmName: string | null;
  readonly portal: string;
  readonly baseUrl: string;
  readonly config: Record<string, unknown>;
  readonly secretArn: string | null;
  /** Changes whenever the row does. */
  readonly written: string;
}

/** What lies in the database, by what the source calls it. */
export async function endpointsOf({ db }: TestEnvironment, source = MAPPING.source): Promise<ReadonlyMap<string, AdoptedEndpoint>> {
  const rows = await db.transaction(
    'every tenant',
    (tx) => tx.$queryRaw<(Omit<AdoptedEndpoint, 'config'> & { config: string })[]>`
      SELECT a.source_id AS "sourceId", e.id AS "endpointId", e.org_id AS "orgId", o.name AS "orgName", f.name AS "firmName", e.portal_type_code AS portal, e.base_url AS "baseUrl",
             e.config::text AS config, e.secret_arn AS "secretArn", e.xmin::text AS written
        FROM adopted_id a JOIN integration_endpoint e ON e.id = a.endpoint_id JOIN organization o ON o.id = e.org_id LEFT JOIN organization f ON f.id = o.parent_id
       WHERE a.source = ${source}`,
  );
  return new Map(rows.map((row) => [row.sourceId, { ...row, config: parseJsonExactly(row.config) as Record<string, unknown> }]));
}
