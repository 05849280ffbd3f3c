import type { DueDay, PortalRotations } from '@rcm/db/fleet';
import type { PortalAdmission, Pause, RotationAttempt } from '@rcm/db/rotation';
import { howMany, whyTypeWaits } from '@rcm/fleet';
import { isId } from '@rcm/telemetry';
import type { VNode } from 'preact';
import { z } from 'zod';
import { type Markup, markup } from '../web/markup.ts';
import type { Place } from './layout.ts';
import { further, instant, part, pill, sameAs, table, word } from './parts.ts';
import { pausesTable } from './pauses.ts';

/** Empty: any portal type; the beginning. */
export interface RotationsAsked {
  readonly portal: string;
  readonly after: string | null;
}
/** What cannot be asked for is not asked for. */
export const rotationsAsked = ({ portal, after }: Readonly<Record<string, unknown>>): RotationsAsked => ({
  portal: typeof portal === 'string' && isId(portal) ? portal : '',
  after: z.uuid().safeParse(after).data ?? null,
});

export interface RotationsShown {
  readonly place: Place;
  readonly asked: RotationsAsked;
  readonly days: readonly DueDay[];
  readonly portals: readonly PortalRotations[];
  readonly admissions: readonly PortalAdmission[];
  readonly pauses: readonly Pause[];
  readonly open: readonly RotationAttempt[];
  /** Where the next page of open ones begins. */
  readonly next: string | null;
  readonly now: Date;
}

export const rotationsPage = (shown: RotationsShown): Markup => [
  part('due', calendar(shown)),
  part('portals', byPortal(shown)),
  part('pauses', paused(shown)),
  part('open', underWay(shown)),
  sameAs('rcm status'),
];

const DAY = new Intl.DateTimeFormat('en-GB', { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' });

function calendar({ place, asked, days, portals }: RotationsShown): VNode {
  const path = `${place.base}/rotations`;
  return markup`<section><h2>What is due</h2>
    <form class="filters" method="get" action=${path}><label>Portal <select name="portal"><option value="">any</option>${portals.map(
      ({ code }) => markup`<option value=${code} selected=${code === asked.portal}>${code}</option>`,
    )}</select></label><button class="quiet">Show</button></form>
    ${table(
      'Rotations that are due, by day',
      [
        {
          title: 'Day (UTC)',
          cell: ({ day }: DueDay & { readonly first: boolean }) => markup`<time datetime=${day.toISOString().slice(0, 10)}>${DAY.format(day)}</time>`,
        },
        { title: 'Due', cell: ({ due, first }) => markup`<span>${howMany(due)}${first && due > 0 && ' with what is overdue'}</span>` },
      ],
      days.map((day, index) => ({ ...day, first: index === 0 })),
      '',
    )}
    ${sameAs(`rcm calendar --within ${days.length}d${place.orgId === null ? '' : ` --org ${word(place.orgId)}`}${asked.portal ? ` --portal ${word(asked.portal)}` : ''}`)}</section>`;
}

function byPortal({ place, portals, admissions, pauses, now }: RotationsShown): VNode {
  const admissionOf = ({ code }: PortalRotations): PortalAdmission | undefined => admissions.find(({ portalTypeCode }) => portalTypeCode === code);
  return markup`<section><h2>Portals</h2>${table(
    'Portal types and why their rotations wait',
    [
      { title: 'Portal', cell: (portal: PortalRotations) => markup`<a href=${`${place.base}/logins?show=due&portal=${portal.code}`}>${portal.code}</a>` },
      { title: 'Next', cell: ({ nextAt }) => instant(nextAt, now) },
      { title: 'Under way', cell: ({ underWay: count, maxConcurrency }) => `${count} of ${maxConcurrency}` },
      {
        title: 'First of the day',
        cell: (portal) => admissionOf(portal)?.canary && `${admissionOf(portal)?.canary?.day ?? ''}: ${admissionOf(portal)?.canary?.state ?? ''}`,
      },
      { title: 'Breaker', cell: (portal) => breaker(admissionOf(portal), now) },
      {
        title: 'Why they wait',
        cell: (portal) => whyTypeWaits({ portal, admission: admissionOf(portal), pauses }) ?? pill('they begin as they fall due', 'good'),
      },
    ],
    portals,
    'No login is stored here yet.',
  )}</section>`;
}

const breaker = (admission: PortalAdmission | undefined, now: Date): Markup =>
  admission?.breaker && markup`<span>${pill('open', 'bad')} ${instant(admission.breaker.openedAt, now)}</span>`;

const paused = ({ pauses, now }: RotationsShown): VNode => markup`<section><h2>Pauses</h2>${pausesTable(pauses, now)}</section>`;

function underWay({ place, asked, open, next, now }: RotationsShown): VNode {
  return markup`<section><h2>Open rotations</h2>${table(
    'Rotations that are open, the oldest first',
    [
      { title: 'Login', cell: ({ orgId, endpointId }: RotationAttempt) => markup`<a href=${`/o/${orgId}/logins/${endpointId}`}>${endpointId}</a>` },
      ...(place.orgId === null ? [{ title: 'Organization', cell: ({ orgId }: RotationAttempt) => orgId }] : []),
      { title: 'State', cell: ({ state }) => pill(state, state === 'blocked' ? 'bad' : state === 'waiting' ? 'warn' : 'calm') },
      { title: 'Why begun', cell: ({ reason }) => reason },
      { title: 'Begun', cell: ({ createdAt }) => instant(createdAt, now) },
      { title: 'Waits until', cell: ({ waitingUntil }) => instant(waitingUntil, now) },
      { title: 'Owner', cell: ({ owner }) => owner },
      { title: 'Detail', cell: ({ detail }) => detail },
    ],
    open,
    'No rotation is open.',
  )}${further(`${place.base}/rotations`, asked.portal === '' ? {} : { portal: asked.portal }, next)}</section>`;
}
