import { DATE_TOKEN } from '../recipe/date-format.ts';

const MONTHS = ['january', 'february', 'march', 'april', 'may', 'june', 'july', 'august', 'september', 'october', 'november', 'december'];

/** What each token of a format matches. */
const TOKENS: Readonly<Record<string, string>> = {
  YYYY: '(?<YYYY>\\d{4})',
  MMMM: `(?<MMMM>${MONTHS.join('|')})`,
  MMM: `(?<MMM>${MONTHS.map((month) => month.slice(0, 3)).join('|')})[a-z]*`,
  MM: '(?<MM>\\d{1,2})',
  DD: '(?<DD>\\d{1,2})',
  HH: '(?<HH>\\d{1,2})',
  hh: '(?<hh>\\d{1,2})',
  mm: '(?<mm>\\d{2})',
  A: '(?<A>[ap]\\.?m\\b\\.?)',
};

/** A token, or what a regular expression would not take as it stands. */
const SPECIAL = new RegExp([DATE_TOKEN, /\s+/, /[.*+?^${}()|[\]\\]/].map(({ source }) => source).join('|'), 'g');

const SPANS = { seconds: 1_000, minutes: 60_000, hours: 3_600_000, days: 86_400_000 } as const;

/** Blanks of a page or a sample as one each: a run of them, sought from each of its own places, would take the square of its length. */
const spaced = (words: string): string => words.replace(/\s+/g, ' ');

/** The first date in `words` that is written like `format`, in `zone` (IANA name, default UTC); `null` where there is none. */
export function parseDate(words: string, format: string, zone = 'UTC'): Date | null {
  const pattern = format.replace(SPECIAL, (token) => (/^\s/.test(token) ? ' ' : (TOKENS[token] ?? `\\${token}`)));
  const groups = new RegExp(`(?<![\\d\\p{L}])${pattern}(?![\\d\\p{L}])`, 'iu').exec(spaced(words))?.groups;
  if (!groups) return null;
  const part = (name: string, otherwise: number) => (groups[name] === undefined ? otherwise : Number(groups[name]));
  const named = groups.MMMM ?? groups.MMM;
  const month = named === undefined ? part('MM', 1) : MONTHS.findIndex((one) => one.startsWith(named.toLowerCase())) + 1;
  const hour = groups.hh === undefined ? part('HH', 0) : hourOfDay(part('hh', 0), groups.A);
  const [year, day, minute] = [part('YYYY', 0), part('DD', 1), part('mm', 0)];
  const utc = new Date(Date.UTC(year, month - 1, day, hour, minute));
  const same = utc.getUTCFullYear() === year && utc.getUTCMonth() === month - 1 && utc.getUTCDate() === day && utc.getUTCHours() === hour;
  return same ? inZone(utc, zone) : null;
}

/** An hour of a clock that shows twelve, where 12 comes before 1; without the half of the day it is one of the morning. */
const hourOfDay = (shown: number, half = ''): number => (shown % 12) + (/^p/i.test(half) ? 12 : 0);

const TIME = /\d{1,2}:\d{2}(:\d{2})?/g;
const MONTH = new RegExp(`(?<!\\p{L})(${MONTHS.map((month) => month.slice(0, 3)).join('|')})`, 'iu');

/** Whether words hold more numbers than one date has, as a span of days does: of `01/15 - 01/17/2031` the last day would be read, of two whole dates the first. */
export const isMoreThanOneDate = (words: string): boolean => (words.replace(TIME, ' ').match(/\d+/g) ?? []).length > (MONTH.test(words) ? 2 : 3);

/** A date given as `YYYY-MM-DD`, written as a portal wants it. */
export function writeDate(date: string, format: string): string {
  const [year = '', month = '', day = ''] = date.split('-');
  const name = MONTHS[Number(month) - 1] ?? '';
  const capital = name.charAt(0).toUpperCase() + name.slice(1);
  const written: Readonly<Record<string, string>> = { YYYY: year, MMMM: capital, MMM: capital.slice(0, 3), MM: month, DD: day };
  return format.replace(/YYYY|MMMM|MMM|MM|DD/g, (token) => written[token] ?? token);
}

/** The span of time, in ms, that `words` tell in the manner of `sample` (`wait {minutes} minutes`); `null` where they do not. */
export function parseSpan(words: string, sample: string): number | null {
  const pattern = spaced(sample)
    .split(/(\{(?:seconds|minutes|hours|days)\})/)
    .map((part) => (/^\{\w+\}$/.test(part) ? `(?<${part.slice(1, -1)}>\\d{1,6})` : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  const groups = new RegExp(pattern, 'iu').exec(spaced(words))?.groups;
  if (!groups) return null;
  return Object.entries(groups).reduce((sum, [unit, count]) => sum + Number(count) * SPANS[unit as keyof typeof SPANS], 0);
}

/** The moment at which clocks in `zone` show what `shown` shows in UTC. */
function inZone(shown: Date, zone: string): Date {
  // Twice: the offset is taken where the first guess lies, which near a clock change may be the wrong side of it.
  const once = new Date(shown.getTime() - offsetMs(shown, zone));
  return new Date(shown.getTime() - offsetMs(once, zone));
}

function offsetMs(at: Date, zone: string): number {
  const whole = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...whole }).formatToParts(at);
  const value = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  const shown = Date.UTC(value('year'), value('month') - 1, value('day'), value('hour'), value('minute'), value('second'));
  return shown - Math.floor(at.getTime() / 1_000) * 1_000;
}
