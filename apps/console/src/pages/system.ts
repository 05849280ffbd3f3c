import type { FleetOverview } from '@rcm/db/fleet';
import type { PortalAdmission, Pause } from '@rcm/db/rotation';
import { howMany, howManyLogins } from '@rcm/fleet';
import { WIDE_ACTS } from '../acts/acts.ts';
import { type Markup, markup } from '../web/markup.ts';
import { actForm } from './act-form.ts';
import { facts, instant, pill, sameAs, table } from './parts.ts';
import { pausesTable } from './pauses.ts';

export interface SystemShown {
  readonly overview: FleetOverview;
  readonly admissions: readonly PortalAdmission[];
  readonly pauses: readonly Pause[];
  /** `null`: Postgres is migrated for this version. */
  readonly databaseProblem: string | null;
  /** For the forms of whoever may pause everywhere; `null`: nobody who may. */
  readonly acting: { readonly token: string; readonly portals: readonly string[] } | null;
  readonly now: Date;
}

export const systemPage = ({ overview, admissions, pauses, databaseProblem, acting, now }: SystemShown): Markup => [
  facts([
    ['Database', databaseProblem ?? pill('of this version', 'good')],
    ['Logins', `${howManyLogins(overview)} of ${howMany(overview.organizations)} organizations`],
    ['Rotations open', howMany(overview.rotationsOpen)],
    ['Logins in use', howMany(overview.leases)],
    [
      'Tasks waiting',
      markup`<span>${howMany(overview.tasksWaiting)} ${overview.oldestTaskSince && markup`<span>, the oldest asked for ${instant(overview.oldestTaskSince, now)}</span>`}</span>`,
    ],
    ['Overdue', howMany(overview.overdue)],
    ['Not stored yet', howMany(overview.legacy)],
  ]),
  markup`<section><h2>Portals</h2>${table(
    'Portal types with a canary or a stop',
    [
      { title: 'Portal', cell: ({ portalTypeCode }: PortalAdmission) => portalTypeCode },
      {
        title: 'State',
        cell: ({ breaker, canary }) =>
          breaker ? pill('stopped', 'bad') : pill(canary?.state === 'running' ? 'first of the day under way' : 'not stopped', 'calm'),
      },
      { title: 'Since', cell: ({ breaker }) => instant(breaker?.openedAt ?? null, now) },
      { title: 'Why', cell: ({ breaker }) => breaker && `${breaker.cause}${breaker.detail ? `: ${breaker.detail}` : ''}` },
    ],
    admissions,
    'No portal type is stopped.',
  )}</section>`,
  markup`<section><h2>Pauses</h2>${pausesTable(pauses, now)}</section>`,
  acting && wideActs(acting),
  sameAs('rcm status'),
];

const wideActs = ({ token, portals }: NonNullable<SystemShown['acting']>): Markup => markup`
  <section class="acts"><h2>Act</h2>${(['pause', 'resume'] as const).map((act) =>
    actForm({
      action: `/all/acts/${act}`,
      ...WIDE_ACTS[act],
      token,
      fields: markup`<p><label>Where <select name="portal">${portals.map((code) => markup`<option value=${code}>portal type ${code}</option>`)}<option value="*">everywhere</option></select></label></p>`,
    }),
  )}</section>`;
