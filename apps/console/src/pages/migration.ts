import type { MigrationRun, OrganizationMigration } from '@rcm/db/migration';
import { type Markup, markup } from '../web/markup.ts';
import type { Place } from './layout.ts';
import { type Acting, type Outside, outsideShown, stopForms } from './migration-acts.ts';
import { instant, pill, sameAs, table, word } from './parts.ts';

export interface MigrationShown {
  readonly place: Place;
  readonly organizations: readonly OrganizationMigration[];
  /** `null`: runs are of the whole platform, and not for this page. */
  readonly runs: readonly MigrationRun[] | null;
  /** The same. */
  readonly outside: Outside;
  readonly acting: Acting;
  readonly now: Date;
}

/** What is to be done next, the first that holds. */
function leftToDo({ logins, moved, proved, plaintext, rewritten }: OrganizationMigration): string | null {
  if (moved < logins) return `${logins - moved} to move: rcm migrate apply`;
  if (proved < moved) return `${moved - proved} to prove: rcm migrate verify`;
  if (plaintext > 0) return `${plaintext} rows to clean: rcm migrate scrub`;
  return rewritten === false ? 'the storage to rewrite: rcm migrate scrub' : null;
}

const runState = ({ state, stopAskedBy, stopReason }: MigrationRun): Markup => [
  pill(state, state === 'done' ? 'good' : state === 'running' ? 'calm' : 'warn'),
  stopAskedBy !== null && markup`<span> asked to stop by ${stopAskedBy}: ${stopReason}</span>`,
];

/** How far the way out of the database is, by organization, and what the migrator was asked for. */
export const migrationPage = ({ place, organizations, runs, outside, acting, now }: MigrationShown): Markup => [
  table(
    'Progress by organization',
    [
      { title: 'Organization', cell: ({ orgId }: OrganizationMigration) => markup`<a href=${`/o/${orgId}/migration`}>${orgId}</a>` },
      { title: 'Logins', cell: ({ logins }) => String(logins) },
      { title: 'Moved', cell: ({ moved }) => String(moved) },
      { title: 'Proved', cell: ({ proved }) => String(proved) },
      { title: 'Plaintext left', cell: ({ plaintext }) => (plaintext > 0 ? pill(String(plaintext), 'bad') : pill('none', 'good')) },
      { title: 'Rewritten', cell: ({ rewritten }) => (rewritten === null ? null : rewritten ? 'yes' : 'not yet') },
      { title: 'Moved last', cell: ({ movedLastAt }) => instant(movedLastAt, now) },
      { title: 'What is left', cell: (each) => leftToDo(each) ?? pill('nothing', 'good') },
    ],
    organizations,
    'No login here came out of the database, and none lies in it.',
  ),
  sameAs(place.orgId === null ? 'rcm migrate status' : `rcm migrate report --org ${word(place.orgId)}`),
  runs !== null &&
    markup`<section id="runs"><h2>Runs</h2>${table(
      'Runs of the migrator, the newest first',
      [
        { title: 'Run', cell: ({ id }: MigrationRun) => String(id) },
        { title: 'What', cell: ({ command }) => markup`<code>${command}</code>` },
        { title: 'State', cell: runState },
        { title: 'Begun', cell: ({ startedAt }) => instant(startedAt, now) },
        {
          title: 'Of',
          cell: ({ filters }) =>
            Object.entries(filters)
              .map(([name, value]) => `${name} ${String(value)}`)
              .join(', ') || 'everything',
        },
        {
          title: 'Counts',
          cell: ({ counts }) =>
            Object.entries(counts)
              .map(([name, count]) => `${name} ${count}`)
              .join(', '),
        },
        { title: 'Who', cell: ({ actor }) => actor },
        { title: 'Why', cell: ({ reason }) => reason },
      ],
      runs,
      'The migrator has not run yet.',
    )}${stopForms(runs, acting)}${sameAs('rcm migrate runs')}</section>`,
  runs !== null && outsideShown(outside, acting, now),
];
