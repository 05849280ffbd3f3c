import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dice } from '../scale/as-before.fixture.ts';
import { openTestDatabase, type TestDatabase } from '../testing.fixture.ts';

let t: TestDatabase;
beforeAll(async () => void (t = await openTestDatabase()));
afterAll(() => t.close());

/** A piece of work, and hours of the portal's own clock. */
interface Work {
  readonly windows: readonly string[];
  readonly zone: string;
  readonly at: Date;
  readonly seconds: number;
}

async function touches(works: readonly Work[]): Promise<readonly boolean[]> {
  const [row] = await t.sql<{ touches: boolean[] }>(
    `SELECT array_agg(rcm_touches_maintenance(w.windows, w.zone, w.at, make_interval(secs => w.seconds)) ORDER BY w.nth) AS touches
       FROM jsonb_to_recordset($1) w (nth integer, windows text[], zone text, at timestamptz, seconds integer)`,
    [JSON.stringify(works.map((work, nth) => ({ nth, ...work })))],
  );
  return row?.touches ?? [];
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];
const clocks = new Map<string, Intl.DateTimeFormat>();
/** What the clock of a zone shows: the day and `HH:MM`. Not as Postgres knows it. */
function clock(zone: string, at: number): { readonly day: number; readonly time: string } {
  const shown =
    clocks.get(zone) ?? new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  clocks.set(zone, shown);
  const [day = '', time = ''] = shown.format(at).split(/,? /);
  return { day: DAYS.indexOf(day), time };
}

const offsets = new Map<string, Intl.DateTimeFormat>();
/** How far a zone's clock is ahead of UTC, in ms. */
function offset(zone: string, at: number): number {
  const said = offsets.get(zone) ?? new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' });
  offsets.set(zone, said);
  const name = said.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign = '+', hours = '0', minutes = '0'] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/** What a clock shows that was not set forward, for as long as it shows what the clock on the wall has left out; `null`: at any other time. */
function unsetClock(zone: string, at: number): ReturnType<typeof clock> | null {
  const before = offset(zone, at - 12 * 3_600_000);
  const leftOut = offset(zone, at) - before;
  return leftOut > 0 && offset(zone, at - leftOut) === before ? clock('UTC', at + before) : null;
}

/** Whether the clock shows an hour of the window; one that ends before it begins ends on the next day. */
function isWithin(window: string, { day, time }: ReturnType<typeof clock>): boolean {
  const [days = '', hours = ''] = window.split(' ');
  const [from = '', to = ''] = hours.split('-');
  const isOf = (of: number) => days === 'daily' || DAYS[(of + 7) % 7]?.toLowerCase() === days;
  if (from < to) return isOf(day) && time >= from && time < to;
  return (isOf(day) && time >= from) || (isOf(day - 1) && time < to);
}

const STEP_S = 10;
/** Every ten seconds of the work, from its first to its last: all that is drawn lies on these. */
function touchesByTheClock({ windows, zone, at, seconds }: Work): boolean {
  for (let s = 0; s <= seconds; s += STEP_S) {
    const instant = at.getTime() + s * 1000;
    const shown = [clock(zone, instant), unsetClock(zone, instant) ?? []].flat();
    if (windows.some((window) => shown.some((each) => isWithin(window, each)))) return true;
  }
  return false;
}

describe('on the day on which summer time begins, work that ends after the hour that is left out', () => {
  test.each([
    ['touches what begins with the next hour', 'sun 03:00-06:00', '2027-03-14T01:55:00-05:00', 15, true],
    ['touches what began in the hour', 'sun 02:30-06:00', '2027-03-14T01:55:00-05:00', 15, true],
    ['does not touch what begins later', 'sun 03:15-06:00', '2027-03-14T01:55:00-05:00', 15, false],
    ['is over before', 'sun 03:00-06:00', '2027-03-14T01:40:00-05:00', 15, false],
  ])('%s', async (_, window, at, minutes, expected) => {
    expect(await touches([{ windows: [window], zone: 'America/New_York', at: new Date(at), seconds: minutes * 60 }])).toEqual([expected]);
  });
});

describe('a window in the hour that is left out comes as much later as the clock is set forward', () => {
  const [newYork, berlin, lordHowe] = [
    ['America/New_York', 'sun 02:15-02:45'],
    ['Europe/Berlin', 'daily 02:00-03:00'],
    ['Australia/Lord_Howe', 'sun 02:05-02:15'],
  ] as const;
  test.each([
    [...newYork, 'while it lasts', '2027-03-14T03:20:00-04:00', 1, true],
    [...newYork, 'up to its beginning', '2027-03-14T01:55:00-05:00', 20, true],
    [...newYork, 'before it', '2027-03-14T01:55:00-05:00', 19, false],
    [...newYork, 'after it', '2027-03-14T03:45:00-04:00', 60, false],
    [...newYork, 'at its own hour a week later', '2027-03-21T02:20:00-04:00', 1, true],
    [...newYork, 'at the later one a week later', '2027-03-21T03:20:00-04:00', 1, false],
    [...lordHowe, 'while it lasts', '2027-10-03T02:40:00+11:00', 1, true],
    [...lordHowe, 'before it', '2027-10-03T02:30:00+11:00', 4, false],
    [...lordHowe, 'after it', '2027-10-03T02:45:00+11:00', 60, false],
    [...berlin, 'while it lasts', '2027-03-28T03:59:00+02:00', 1, true],
    [...berlin, 'up to its beginning', '2027-03-28T01:30:00+01:00', 30, true],
    [...berlin, 'before it', '2027-03-28T01:30:00+01:00', 29, false],
    [...berlin, 'after it', '2027-03-28T04:00:00+02:00', 60, false],
    [...berlin, 'at its own hour a day later', '2027-03-29T02:30:00+02:00', 1, true],
    [...berlin, 'at the later one a day later', '2027-03-29T03:00:00+02:00', 60, false],
  ])('in %s, %s: work %s', async (zone, window, _, at, minutes, expected) => {
    expect(await touches([{ windows: [window], zone, at: new Date(at), seconds: minutes * 60 }])).toEqual([expected]);
  });
});

describe('on the day on which it ends, work in the hour that comes twice', () => {
  test.each([
    ['touches what is in it, the first time', 'sun 01:30-01:45', '2027-11-07T01:20:00-04:00', 15, true],
    ['touches what is in it, the second time', 'sun 01:30-01:45', '2027-11-07T01:20:00-05:00', 15, true],
    ['touches what begins when the hour comes again', 'sun 01:00-01:10', '2027-11-07T01:50:00-04:00', 15, true],
    ['does not touch what begins after the second time, when it is in the first', 'sun 02:00-03:00', '2027-11-07T01:50:00-04:00', 15, false],
  ])('%s', async (_, window, at, minutes, expected) => {
    expect(await touches([{ windows: [window], zone: 'America/New_York', at: new Date(at), seconds: minutes * 60 }])).toEqual([expected]);
  });
});

test('work of a quarter of an hour that began late in its minute touches what begins in the minute of its end', async () => {
  const work = { windows: ['daily 02:00-04:00'], zone: 'UTC', seconds: 900 };
  expect(await touches(['01:44:59', '01:45:00', '01:45:01'].map((time) => ({ ...work, at: new Date(`2027-01-05T${time}Z`) })))).toEqual([false, true, true]);
});

test('work that lasts for weeks touches every window', async () => {
  const work = { windows: ['sun 02:15-02:45'], zone: 'America/New_York', at: new Date('2027-03-14T04:00:00-04:00') };
  const days = 86_400;
  expect(await touches([6, 8, 400].map((lasting) => ({ ...work, seconds: lasting * days })))).toEqual([false, true, true]);
});

/** Where clocks are changed: by an hour at night, by half an hour, at midnight from Saturday to Sunday; and where a week ends without. */
const CHANGES = [
  ['America/New_York', '2027-03-14T07:00:00Z'],
  ['America/New_York', '2027-11-07T06:00:00Z'],
  ['Europe/Berlin', '2027-03-28T01:00:00Z'],
  ['Europe/Berlin', '2027-10-31T01:00:00Z'],
  ['Australia/Lord_Howe', '2027-10-02T15:30:00Z'],
  ['Australia/Lord_Howe', '2027-04-03T15:00:00Z'],
  ['Europe/Dublin', '2027-03-28T01:00:00Z'],
  ['Asia/Beirut', '2027-03-27T22:00:00Z'],
  ['Asia/Beirut', '2027-10-30T21:00:00Z'],
] as const;
const WEEKS_END = ['Asia/Kolkata', '2027-01-03T18:30:00Z'] as const;

test('they are changed at these moments', () => {
  const minute = (zone: string, at: number) => Number(clock(zone, at).time.slice(3)) + 60 * Number(clock(zone, at).time.slice(0, 2));
  for (const [zone, at] of CHANGES) expect((minute(zone, Date.parse(at)) - minute(zone, Date.parse(at) - 60_000) + 1440) % 1440, zone).not.toBe(1);
});

test.each([...CHANGES, WEEKS_END])('in %s around %s whatever is asked is answered as by the clock on the wall, minute by minute', async (zone, change) => {
  const draw = dice(Date.parse(change) / 1000);
  const near = (hours: number) => Date.parse(change) + (draw(hours * 720) - hours * 360) * STEP_S * 1000;
  const window = () => {
    // Half of the hours that are left out are as a person writes them who does not think of it.
    const written = (instant: number) => (draw(2) === 0 ? unsetClock(zone, instant) : null) ?? clock(zone, instant);
    const from = near(3);
    const { day, time } = written(from);
    const to = draw(12) === 0 ? time : written(from + (1 + draw(draw(2) === 0 ? 20 : 240)) * 60_000).time;
    return `${draw(3) === 0 ? 'daily' : (DAYS[draw(8) === 0 ? draw(7) : day] ?? '').toLowerCase()} ${time}-${to}`;
  };
  const works = Array.from({ length: 500 }, (): Work => ({
    windows: Array.from({ length: 1 + draw(2) }, window),
    zone,
    at: new Date(near(4)),
    seconds: draw(draw(2) === 0 ? 120 : 720) * STEP_S,
  }));
  const answers = await touches(works);
  expect(works.map((work, nth) => ({ ...work, answer: answers[nth] }))).toEqual(works.map((work) => ({ ...work, answer: touchesByTheClock(work) })));
  for (const some of [true, false]) expect(answers.filter((answer) => answer === some).length).toBeGreaterThan(30);
});
