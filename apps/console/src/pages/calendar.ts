import { cursorOf } from '@rcm/db';
import type { CalendarEntry, ClosedHours, DayCount, DayPlace } from '@rcm/db/fleet';
import { CALENDAR_WORDS, howMany } from '@rcm/fleet';
import { isTime } from '@rcm/telemetry';
import type { VNode } from 'preact';
import { type Markup, markup } from '../web/markup.ts';
import type { Place } from './layout.ts';
import { further, sameAs, table, word } from './parts.ts';

/** `day`: the one that is shown entry by entry; `null`: none. */
export interface CalendarAsked {
  readonly month: string;
  readonly day: string | null;
}

const isDay = (text: unknown): text is string => typeof text === 'string' && /^2[01]\d\d-\d\d-\d\d$/.test(text) && isTime(text);

/** What is no month or day is not asked for: this month, and no day of it. */
export function calendarAsked({ month, day }: Readonly<Record<string, unknown>>, now: Date): CalendarAsked {
  const asked = isDay(day) ? day : null;
  const named = typeof month === 'string' && isDay(`${month}-01`) ? month : null;
  return { month: asked?.slice(0, 7) ?? named ?? now.toISOString().slice(0, 7), day: asked };
}

export interface CalendarShown {
  readonly place: Place;
  readonly asked: CalendarAsked;
  readonly days: readonly DayCount[];
  /** Of the day that is asked for. */
  readonly entries: readonly CalendarEntry[];
  readonly next: DayPlace | null;
  readonly closed: readonly ClosedHours[];
  readonly now: Date;
}

export const calendarPage = (shown: CalendarShown): Markup => [
  months(shown),
  shown.place.orgId === null && OF_ALL,
  byDay(shown),
  shown.asked.day !== null && oneDay(shown),
  closedTable(shown),
];

/** What would take reading every login there is. */
const OF_ALL = markup`<p>Rotations and passwords that expire. When a login must be used, is disabled or is recertified stands in the calendar of its organization, which reads all of its logins.</p>`;

const pathOf = ({ base }: Place): string => `${base}/calendar`;

/** The month so many months later. */
function monthAfter(month: string, by: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + by, 1)).toISOString().slice(0, 7);
}

const months = ({ place, asked: { month } }: CalendarShown): VNode => markup`
  <p class="lead"><a href=${`${pathOf(place)}?month=${monthAfter(month, -1)}`}>${monthAfter(month, -1)}</a> · <span aria-current="page">${month}</span> · <a href=${`${pathOf(place)}?month=${monthAfter(month, 1)}`}>${monthAfter(month, 1)}</a></p>`;

const WHO = { platform: 'the platform', person: 'a person', portal: 'the portal, where nobody does anything' } as const;

const byDay = ({ place, asked: { month }, days, now }: CalendarShown): VNode =>
  markup`<section><h2>By day (UTC)</h2>${table(
    `What comes in ${month}, by day`,
    [
      { title: 'Day', cell: ({ day }: DayCount) => markup`<a href=${`${pathOf(place)}?day=${day}`}><time datetime=${day}>${day}</time></a>` },
      { title: 'What', cell: ({ kind }) => CALENDAR_WORDS[kind] },
      { title: 'By', cell: ({ by }) => WHO[by] },
      { title: 'Logins', cell: ({ count }) => (place.orgId === null ? howMany(count) : String(count)) },
    ],
    days,
    `Nothing comes in ${month} for a stored login here.`,
  )}${sameAs(`rcm calendar${place.orgId === null ? '' : ` --org ${word(place.orgId)}`} --within ${daysUntilEnd(month, now)}d`)}</section>`;

/** The command begins today, with what is overdue. */
const daysUntilEnd = (month: string, now: Date): number =>
  Math.max(1, Math.ceil((Date.parse(`${monthAfter(month, 1)}-01T00:00:00Z`) - now.getTime()) / 86_400_000));

const oneDay = ({ place, asked: { day }, entries, next }: CalendarShown): VNode =>
  markup`<section><h2>${day}</h2>${table(
    `What comes on ${day ?? ''}, the soonest first`,
    [
      { title: 'Time (UTC)', cell: ({ at }: CalendarEntry) => at.toISOString().slice(11, 16) },
      { title: 'Login', cell: ({ orgId, endpointId }) => markup`<a href=${`/o/${orgId}/logins/${endpointId}`}>${endpointId}</a>` },
      ...(place.orgId === null ? [{ title: 'Organization', cell: ({ orgId }: CalendarEntry) => orgId }] : []),
      { title: 'What', cell: ({ kind }) => CALENDAR_WORDS[kind] },
      { title: 'By', cell: ({ by }) => WHO[by] },
      { title: 'Portal', cell: ({ portalTypeCode }) => portalTypeCode },
    ],
    entries,
    'Nothing comes on this day.',
  )}${further(pathOf(place), { day: day ?? '' }, next && cursorOf(next))}</section>`;

const closedTable = ({ closed }: CalendarShown): VNode =>
  markup`<section><h2>Closed hours</h2>${table(
    'When portals are closed, and no rotation begins there',
    [
      { title: 'Portal', cell: ({ code }: ClosedHours) => code },
      { title: 'Closed', cell: ({ windows }) => windows.join(', ') },
      { title: 'Time zone', cell: ({ timeZone }) => timeZone },
    ],
    closed,
    'No portal of these logins has hours in which it is closed.',
  )}</section>`;
