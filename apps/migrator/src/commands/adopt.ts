import { Readable } from 'node:stream';
import type { PersonalChange } from '@rcm/db/admin';
import { listPortalTypes } from '@rcm/db/fleet';
import { listAdopted, openSource } from '@rcm/db/migration';
import { RcmError, type Secret } from '@rcm/telemetry';
import { adoptedPrint } from '../adopt/content.ts';
import { looked, namedRow, placed, settleRow } from '../adopt/endpoints.ts';
import type { Adoption } from '../adopt/adoption.ts';
import { Findings } from '../adopt/findings.ts';
import { type Mapping, rolesOf, tableOf } from '../adopt/mapping.ts';
import { Organizations } from '../adopt/organizations.ts';
import { portalTypesOf } from '../adopt/portal-types.ts';
import { type ReadRow, readRow } from '../adopt/read-row.ts';
import { type Rows, rowsOfTable, type SourceRow } from '../adopt/rows.ts';
import { each, type Migration, PAGE_SIZE, pages } from '../migration.ts';
import { workThrough } from '../pacing/pool.ts';
import type { Progress } from '../progress.ts';
import type { Report } from '../report.ts';

/** Where the rows are. */
export type AdoptFrom = { readonly database: Secret<string> } | { readonly form: 'csv' | 'jsonl'; readonly path: string };

export interface AdoptCall {
  readonly mapping: Mapping;
  readonly from: AdoptFrom;
  /** Who adopts, and why; `null`: nobody, it is a plan. */
  readonly act: PersonalChange | null;
  /** Rows, as their source calls them, that are to be new endpoints where they are of another place than before. Default: none. */
  readonly anew?: readonly string[];
}

/**
 * Brings the rows of a company's own table into organizations and endpoints, with their logins in `config.credentials`, from where `plan` and `apply` go on. A row is the same endpoint
 * every time; one that has changed since is followed only while its login has never been in the store and nobody has edited it here. Nothing is removed, and nothing is written to the source.
 */
export async function adopt(migration: Migration, { mapping, from, act, anew = [] }: AdoptCall): Promise<Report> {
  const rows = await open(mapping, from);
  try {
    const run = await startRun(migration, { mapping, act, anew });
    const stopped = await throughAll(run, rows);
    if (stopped === null) await nameVanished(run);
    return run.adoption.findings.report({
      source: mapping.source,
      dryRun: act === null,
      rows: rows.total,
      counts: rows.counts,
      stopped,
      unseen: stopped === null ? anew.filter((id) => !run.seen.has(id)) : [],
    });
  } finally {
    await rows.close();
  }
}

async function open(mapping: Mapping, from: AdoptFrom): Promise<Rows> {
  const roles = rolesOf(mapping);
  if ('form' in from) {
    const { rowsOfFile } = await import('../adopt/files.ts');
    return rowsOfFile({ ...from, roles });
  }
  const table = tableOf(mapping);
  return rowsOfTable(await openSource(from.database.reveal(), table), [...roles.keys()]);
}

interface Run {
  readonly adoption: Adoption;
  readonly organizations: Organizations;
  /** What the source calls each row that was seen. */
  readonly seen: Set<string>;
}

async function startRun(migration: Migration, { mapping, act, anew }: Required<Omit<AdoptCall, 'from'>>): Promise<Run> {
  const known = await migration.patience(null, () => listPortalTypes(migration.db));
  const findings = new Findings(migration.onEnd);
  const roles = rolesOf(mapping);
  return {
    adoption: {
      ...{ migration, mapping, findings, act, types: portalTypesOf(mapping.portal_types, known) },
      knownTypes: new Map(known.map((type) => [type.code, type])),
      printOf: adoptedPrint(migration.fingerprintKeys, mapping.source),
      columnOf: (role) => roles.get(role)?.column ?? null,
      anew: new Set(anew),
      accounts: new Set(),
    },
    organizations: new Organizations({ migration, source: mapping.source, findings, act }),
    seen: new Set(),
  };
}

/** Why it came to an end before the last row; `null`: it did not. */
async function throughAll(run: Run, rows: Rows): Promise<string | null> {
  const { migration } = run.adoption;
  const progress = migration.progress('adopt', rows.total);
  for await (const page of rows.pages()) {
    if (migration.stopping.aborted) break;
    await settlePage(run, page, progress);
  }
  progress.end();
  return migration.stopping.aborted ? ' Stopped before the end; run it again.' : null;
}

async function settlePage({ adoption, organizations, seen }: Run, page: readonly SourceRow[], progress: Progress): Promise<void> {
  const { findings, migration } = adoption;
  const ready: ReadRow[] = [];
  for (const source of page) {
    const row = read({ adoption, seen }, source);
    const trouble = row && (await organizations.trouble(row));
    if (row && trouble) findings.refuse(namedRow(row), trouble.code, adoption.columnOf(trouble.role));
    else if (row) ready.push(row);
  }
  const rows = await looked(
    adoption,
    ready.flatMap((row) => placed(adoption, row) ?? []),
  );
  await workThrough(Readable.from(rows), { concurrency: migration.concurrency, stop: migration.stopping }, async (row) =>
    settleRow(adoption, row as (typeof rows)[number]),
  );
  for (const _ of page) progress.step(0);
}

/** A row that can be read, and has not been seen before; any other is counted and named. */
function read({ adoption: { mapping, findings, columnOf }, seen }: Pick<Run, 'adoption' | 'seen'>, source: SourceRow): ReadRow | null {
  const found = readRow(source, mapping);
  const sourceId = found.is === 'not_wanted' ? found.sourceId : found.row.sourceId;
  const twice = sourceId !== null && seen.has(sourceId);
  if (sourceId !== null) seen.add(sourceId);
  if (twice) findings.refuse({ row: source.number, id: sourceId }, 'id_twice', columnOf('endpoint.id'));
  else if (found.is === 'not_wanted') findings.pass({ row: source.number, id: sourceId });
  else if (found.is === 'refused') for (const { code, role } of found.row.refusals) findings.refuse(namedRow(found.row), code, role && columnOf(role));
  else return found.row;
  return null;
}

/** What came out of the source and is not in it any more. */
async function nameVanished({ adoption: { migration, mapping, findings }, seen }: Run): Promise<void> {
  const adopted = pages(
    (after) => migration.patience(null, () => listAdopted(migration.db, { source: mapping.source, after, limit: PAGE_SIZE })),
    ({ sourceId }) => sourceId,
  );
  for await (const { sourceId, endpointId } of each(adopted)) if (!seen.has(sourceId)) findings.vanish(sourceId, endpointId);
}

/** Where a call says that the rows are. Fails with `input_invalid`. */
export function adoptFrom({ csv, jsonl }: { readonly csv?: string; readonly jsonl?: string }, database: Secret<string> | undefined): AdoptFrom {
  if (csv !== undefined) return { form: 'csv', path: csv };
  if (jsonl !== undefined) return { form: 'jsonl', path: jsonl };
  if (database) return { database };
  throw new RcmError(
    'input_invalid',
    'Say where the rows are: RCM_MIGRATOR_SOURCE_DATABASE_URL_FILE, --from URL, --csv FILE or --jsonl FILE. Nothing was changed.',
  );
}
