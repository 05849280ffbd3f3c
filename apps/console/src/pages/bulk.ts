import type { FleetLogin } from '@rcm/db/fleet';
import type { VNode } from 'preact';
import { mayDo, type Role } from '../access/roles.ts';
import { LOGIN_ACTS, type LoginAct } from '../acts/acts.ts';
import { type Markup, markup } from '../web/markup.ts';
import { actForm } from './act-form.ts';
import { statePill } from './fleet.ts';
import { instant, table } from './parts.ts';

/** Most of what is done with one reason. */
export const MOST_AT_ONCE = 50;
/** What may be done with several: nothing of it changes a password. */
export const BULK_ACTS = ['verify', 'pause', 'resume'] as const;
export type BulkAct = (typeof BULK_ACTS)[number];

export const bulkActsOf = (roles: readonly Role[]): readonly LoginAct[] =>
  LOGIN_ACTS.filter(({ act }) => (BULK_ACTS as readonly string[]).includes(act) && mayDo(roles, act));

export interface BulkShown {
  readonly orgId: string;
  readonly logins: readonly FleetLogin[];
  readonly roles: readonly Role[];
  readonly token: string;
  readonly now: Date;
}

const many = (count: number): string => (count === 1 ? 'one login' : `${count} logins`);

/** What was chosen, and what each act would do and cost with all of it. */
export const bulkPage = ({ orgId, logins, roles, token, now }: BulkShown): Markup => [
  markup`<p class="lead">${many(logins.length)} of ${orgId}. Nothing has been done yet.</p>`,
  table(
    'Chosen logins',
    [
      { title: 'Login', cell: (login: FleetLogin) => markup`<a href=${`/o/${orgId}/logins/${login.id}`}>${login.id}</a>` },
      { title: 'Standing', cell: statePill },
      { title: 'Portal', cell: ({ portalTypeCode }) => portalTypeCode },
      { title: 'Last in', cell: ({ lastAcceptedAt }) => instant(lastAcceptedAt, now) },
    ],
    logins,
    'None of these is a login here: choose some on the fleet’s page.',
  ),
  logins.length > 0 &&
    markup`<section class="acts"><h2>Act on all of them</h2>${bulkActsOf(roles).map(({ act, title, does }) =>
      actForm({
        action: `/o/${orgId}/bulk/acts/${act}`,
        title: `${title}: ${many(logins.length)}`,
        does: `${COSTS[act as BulkAct](logins.length)} Of each: ${does}`,
        command: `for each: ${LOGIN_ACTS.find((each) => each.act === act)?.command('ID') ?? ''}`,
        token,
        fields: logins.map(({ id }) => markup`<input type="hidden" name="login" value=${id} />`),
      }),
    )}</section>`,
];

const COSTS: Readonly<Record<BulkAct, (count: number) => string>> = {
  verify: (count) => `${many(count)} at portals, one after the other; each that is refused costs its account one failed login.`,
  pause: (count) => `${many(count)} paused, each with this reason; one that was paused already keeps its first.`,
  resume: (count) => `The pauses of ${many(count)} end.`,
};

export interface BulkDone {
  readonly orgId: string;
  readonly title: string;
  readonly outcomes: readonly { readonly id: string; readonly failure: string | null }[];
}

/** What became of each. */
export const bulkDonePage = ({ orgId, title, outcomes }: BulkDone): VNode => markup`<div><p class="lead">${title}: asked for or done, one by one.</p>
  ${table(
    'What became of each',
    [
      { title: 'Login', cell: ({ id }: BulkDone['outcomes'][number]) => markup`<a href=${`/o/${orgId}/logins/${id}`}>${id}</a>` },
      { title: 'What became of it', cell: ({ failure }) => failure ?? 'taken: its page says how far it is' },
    ],
    outcomes,
    '',
  )}</div>`;
