import { type MigrationStatus, migrationStatus } from '@rcm/db/admin';
import { ownerUrl } from '../database/owner.ts';
import type { Report } from '../report.ts';
import { facts } from '../table.ts';

/** How far the database is migrated, and whether this version belongs to it. Well where nothing is left to apply. */
export async function dbStatus(environment: NodeJS.ProcessEnv): Promise<Report> {
  return statusReport(await migrationStatus({ url: ownerUrl(environment) }));
}

/** Also of a dry run. */
export function statusReport({ applied, missing, problem, stopFirst, undecided }: MigrationStatus): Report {
  const well = problem === null && missing.length === 0;
  return {
    json: { applied, missing, problem, upToDate: well, stopFirst, undecided },
    lines: (view) => [
      ...facts(view, [
        ['migrations', `${applied.length} of ${applied.length + missing.length} applied`],
        ['newest', applied.at(-1) ?? 'none'],
        ['problem', problem],
      ]),
      ...missing.map((name) => `missing  ${name}`),
      ...stopFirst,
      ...undecidedLines(undecided),
      ...(well ? [] : [problem === null ? '→ rcm db migrate' : '→ nothing is applied until that is put right']),
    ],
    well,
  };
}

/** What is to be done before the processes of this version are started, or they log in nowhere. */
export const undecidedLines = (codes: readonly string[]): readonly string[] =>
  codes.length === 0
    ? []
    : [
        'Nobody has decided whether a program may log in at these portal types; processes of this version do not, until somebody has:',
        ...codes.map((code) => `→ rcm portal-type decide ${code} --automation allowed|assisted|forbidden --terms-version TEXT --terms-date DATE --reason TEXT`),
      ];
