import { listRuns, type MigrationRun } from '@rcm/db/migration';
import type { Migration } from '../migration.ts';
import type { Report } from '../report.ts';

/** Runs that are shown, at most. */
const SHOWN = 50;

const WORDS: Readonly<Record<MigrationRun['state'], string>> = {
  running: 'is at work',
  done: 'came to its end',
  stopped: 'was stopped before its end',
  breaker: 'was ended because the store or the database did not answer',
  failed: 'could not go on',
  died: 'died: its process has ended, or was not heard of for five minutes',
};

/** What the migrator was asked for, and how far each run came; the newest first. */
export async function runs(migration: Migration): Promise<Report> {
  const listed = await listRuns(migration.db, { limit: SHOWN });
  return {
    json: { runs: listed.map(shown) },
    lines: listed.length === 0 ? ['No run yet.'] : listed.map(runLine),
    complete: true,
  };
}

const shown = ({ startedAt, seenAt, endedAt, ...run }: MigrationRun) => ({
  ...run,
  startedAt: startedAt.toISOString(),
  seenAt: seenAt.toISOString(),
  endedAt: endedAt?.toISOString() ?? null,
});

/** `12  apply --org north-1  2026-11-27 10:03  migrated 312, failed 2  was stopped before its end  (apply --resume 12)` */
export const runLine = (run: MigrationRun): string =>
  [
    run.id,
    [run.command, ...optionsOf(run)].join(' '),
    run.startedAt.toISOString().slice(0, 16).replace('T', ' '),
    Object.entries(run.counts)
      .map(([outcome, count]) => `${outcome} ${count}`)
      .join(', ') || 'nothing yet',
    run.state === 'running' && run.stopAskedBy !== null
      ? `was asked to stop by ${run.stopAskedBy}`
      : `${WORDS[run.state]}${['done', 'running'].includes(run.state) ? '' : ` (${run.command} --resume ${run.id})`}`,
    run.actor,
  ].join('  ');

const optionsOf = ({ filters: { orgId, portalType, endpointId, limit, source } }: MigrationRun): string[] => [
  ...(source === undefined ? [] : [`of ${source}`]),
  ...Object.entries({ org: orgId, 'portal-type': portalType, endpoint: endpointId, limit }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${value}`],
  ),
];
