import { isId } from '../ids.ts';

/** What stands where `<kind>` stands in the help: when a word is one, and what is said where it is not. */
interface Kind {
  is(word: string): boolean;
  /** Behind the name of the option. */
  readonly must: string;
}

const LONGEST_LINE = 1_000;
const LONGEST_PATH = 4_096;
const LONGEST_JSON = 100_000;
const LARGEST_PAGE = 1_000;

/** Steers a terminal, a log or whoever reads: control characters, line ends, those that turn what follows around, halves of a character. */
const UNSEEN = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

const line = (most: number, must = `must be one line of 1 to ${most} characters, all of which can be seen`): Kind => ({
  is: (word) => word.trim() !== '' && word.length <= most && !UNSEEN.test(word),
  must,
});
const shape = (pattern: RegExp, must: string): Kind => ({ is: (word) => pattern.test(word), must });

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const id: Kind = { is: isId, must: 'must be an id: small letters, digits and dashes, 63 at most, no dash first' };
export const TEXT = line(LONGEST_LINE);
const text = TEXT;
/** Why a person does something, wherever they say it: a terminal's `--reason <text>` and the console's forms take the same. */
export const REASON = { ...TEXT, longest: LONGEST_LINE } as const;
const file = line(LONGEST_PATH);

/** By the name that it has in the help. A name that is not here is a line of text. */
export const KINDS: Readonly<Record<string, Kind>> = {
  ...{ id, code: id, org: id },
  task: shape(UUID, 'must be the id of a task, as `rcm tasks` lists it'),
  request: shape(UUID, 'must be the id of a request, as `rcm break-glass list`, `codes list` or `portal-type proposed` has it'),
  quarter: shape(/^20\d{2}-Q[1-4]$/, 'must be a quarter such as 2026-Q3'),
  run: shape(/^[1-9]\d{0,8}$/, 'must be the id of a run, as `runs` lists it'),
  account: shape(/^\d{12}$/, 'must be twelve digits'),
  n: { is: (word) => /^[1-9]\d{0,5}$/.test(word) && Number(word) <= LARGEST_PAGE, must: `must be a whole number from 1 to ${LARGEST_PAGE}` },
  count: shape(/^[1-9]\d{0,8}$/, 'must be a whole number from 1 to 999999999'),
  seconds: shape(/^[1-9]\d{0,3}$/, 'must be a number of seconds from 1 to 9999'),
  time: { is: isTime, must: 'must be a time such as 2026-03-01 or 2026-03-31T12:00:00Z' },
  date: { is: (word) => isTime(word) && word.length === 10, must: 'must be a day: YYYY-MM-DD' },
  url: {
    is: (word) => /^[a-z][a-z0-9+.-]*:\/\/./i.test(word) && URL.canParse(word) && file.is(word),
    must: 'must be an address such as https://portal.example/',
  },
  place: shape(/^[A-Za-z0-9_-]{1,400}$/, 'takes what the page before ended with, as it stands there'),
  json: { is: (word) => word.length <= LONGEST_JSON, must: 'must be a JSON object, of 100,000 characters at most' },
  ...{ file, dir: file, path: file },
  ...{ text, name: text, row: text, span: text, states: text, rules: text, where: text, host: text, arn: text, 'app:org': text, 'name=url': text },
  ...{ which: text, what: text, kind: text, role: text, format: text, shell: text },
};

/** A day that there is, or a moment of one: what `Date` takes besides, it takes for another than was meant (2026-02-30 for the second of March). */
export function isTime(word: string): boolean {
  const [, day, year, month, date] = /^((\d{4})-(\d\d)-(\d\d))(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(word) ?? [];
  if (day === undefined || Number.isNaN(new Date(word).getTime())) return false;
  return new Date(Date.UTC(Number(year), Number(month) - 1, Number(date))).toISOString().startsWith(`${day}T`);
}
