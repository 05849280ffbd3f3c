import type { FleetOverview, OrganizationName } from '@rcm/db/fleet';
import { howMany, howManyLogins } from '@rcm/fleet';
import type { VNode } from 'preact';
import type { Visitor } from '../sign-in/visitor.ts';
import { type Markup, markup } from '../web/markup.ts';
import { ALL, layout, type Place, placeOf } from './layout.ts';
import { pill, sameAs, table } from './parts.ts';

export interface OrganizationShown {
  readonly place: Place;
  readonly overview: FleetOverview;
}

/** What needs somebody, by organization; and every further organization by name. */
export const homePage = (visitor: Visitor, shown: readonly OrganizationShown[], others: readonly OrganizationName[]): VNode =>
  layout({ title: 'Organizations', visitor }, [
    table(
      'Organizations and what is wrong',
      [
        { title: 'Organization', cell: ({ place }) => markup`<a href=${`${place.base}/logins`}>${place.name}</a>` },
        { title: 'Logins', cell: ({ overview }) => howManyLogins(overview) },
        { title: 'State', cell: health },
        { title: 'Due in 7 days', cell: ({ place, overview }) => counted(place, 'due', overview.dueIn7Days) },
        { title: 'Tasks waiting', cell: ({ place, overview }) => markup`<a href=${`${place.base}/tasks`}>${howMany(overview.tasksWaiting)}</a>` },
      ],
      shown,
      'There is no organization yet: add one with rcm org add.',
    ),
    others.length > 0 &&
      markup`<details><summary>Further organizations</summary><ul class="columns">${others.map(
        (each) => markup`<li><a href=${`${placeOf(each).base}/logins`}>${each.name}</a></li>`,
      )}</ul></details>`,
    sameAs(shown.some(({ place }) => place === ALL) ? 'rcm overview' : 'rcm logins --org ID'),
  ]);

function health({ place, overview }: OrganizationShown): Markup {
  const wrong = (['locked', 'blocked', 'failing'] as const).filter((trouble) => overview[trouble] > 0);
  if (wrong.length === 0) return pill('all well', 'good');
  return wrong.map((trouble) => markup`<a href=${`${place.base}/logins?show=${trouble}`}>${pill(`${howMany(overview[trouble])} ${trouble}`, 'bad')}</a> `);
}

const counted = (place: Place, show: string, count: number): Markup => markup`<a href=${`${place.base}/logins?show=${show}`}>${howMany(count)}</a>`;
