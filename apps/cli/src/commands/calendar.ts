import type { Database } from '@rcm/db';
import { type CalendarEntry, listCalendar } from '@rcm/db/fleet';
import { CALENDAR_WORDS, relative } from '@rcm/fleet';
import { checkEmpty } from '../nothing-found.ts';
import type { Report } from '../report.ts';
import { span } from '../span.ts';
import { table } from '../table.ts';

export interface CalendarOptions {
  readonly org?: string;
  readonly portal?: string;
  readonly within: string;
  readonly limit: string;
  readonly ical?: boolean;
}

/** What comes for every login until a moment, for people, for programs, or as iCalendar. Not well where something that a person does is overdue. */
export async function calendar(db: Database, options: CalendarOptions, now: Date): Promise<Report> {
  const limit = Number(options.limit);
  const until = new Date(now.getTime() + span('--within', options.within));
  const entries = await listCalendar(db, { orgId: options.org, portalTypeCode: options.portal, until, limit });
  await checkEmpty(db, entries, options);
  const overdue = entries.filter(({ by, at }) => by === 'person' && at < now).length;
  const ical = options.ical ? await asICalendar(entries, now) : null;
  return {
    json: {
      entries: entries.map((entry) => ({ ...entry, what: CALENDAR_WORDS[entry.kind] })),
      overdue,
      whole: entries.length < limit,
      ...(ical === null ? {} : { ical }),
    },
    lines(view) {
      if (ical !== null) return ical.trimEnd().split('\n');
      if (entries.length === 0) return [`nothing until ${until.toISOString().slice(0, 10)}`];
      const columns = [
        { title: 'WHEN' },
        { title: 'DAY' },
        { title: 'LOGIN', shrinks: true },
        { title: 'WHAT' },
        { title: 'BY' },
        { title: 'PORTAL' },
        { title: 'ORGANIZATION', shrinks: true },
      ];
      const rows = entries.map(({ at, endpointId, kind, by, portalTypeCode, orgId }) => [
        { text: relative(at, view.now), ...(by === 'person' && at < now ? { style: 'red' as const } : {}) },
        { text: at.toISOString().slice(0, 10) },
        { text: endpointId },
        { text: CALENDAR_WORDS[kind] },
        { text: by === 'portal' ? '' : by },
        { text: portalTypeCode },
        { text: orgId },
      ]);
      return [
        ...table(view, columns, rows),
        ...(entries.length < limit ? [] : ['', view.paint('dim', `the first ${limit}: a larger --limit, or a shorter --within`)]),
      ];
    },
    well: overdue === 0,
  };
}

/** Whole days; each with an id of its own, so that a calendar program that reads the file again moves what has moved. No user name, and no secret. */
async function asICalendar(entries: readonly CalendarEntry[], now: Date): Promise<string> {
  const { default: ical } = await import('ical-generator');
  const feed = ical({ name: 'Portal logins', prodId: { company: 'rcm', product: 'calendar' } });
  for (const { endpointId, orgId, portalTypeCode, kind, by, at } of entries)
    feed.createEvent({
      id: `${kind}-${orgId}-${endpointId}@rcm`,
      stamp: now,
      start: at,
      allDay: true,
      summary: `${endpointId} at ${portalTypeCode}: ${CALENDAR_WORDS[kind]}${by === 'person' ? ' (a person)' : ''}`,
      description: `organization ${orgId}; rcm login show ${endpointId}`,
    });
  return feed.toString().replaceAll('\r\n', '\n');
}
