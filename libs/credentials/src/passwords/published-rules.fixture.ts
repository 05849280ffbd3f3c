/**
 * A judge of passwords, written from the published description of the `passwordrules` attribute (Apple, "Customizing Password AutoFill
 * Rules") and from our own keywords as README and portal types document them. It imports nothing, least of all from the generator that
 * it judges: classes, syntax and limits are written down here a second time, on purpose. contradiction.fixture.ts imports this file alone.
 */

/** Code points from 0x20 to 0x7e. */
export const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
const between = (from: string, to: string): string[] => ascii.filter((c) => c >= from && c <= to);

const published: Readonly<Record<string, readonly string[]>> = {
  upper: between('A', 'Z'),
  lower: between('a', 'z'),
  digit: between('0', '9'),
  // The page lists these: - ~ ! @ # $ % ^ & * _ + = ` | ( ) { } [ : ; " ' < > , . ? ] and space.
  special: [
    '-',
    '~',
    '!',
    '@',
    '#',
    '$',
    '%',
    '^',
    '&',
    '*',
    '_',
    '+',
    '=',
    '`',
    '|',
    '(',
    ')',
    '{',
    '}',
    '[',
    ':',
    ';',
    '"',
    "'",
    '<',
    '>',
    ',',
    '.',
    '?',
    ']',
    ' ',
  ],
  'ascii-printable': ascii,
  unicode: ascii,
  letter: [...between('A', 'Z'), ...between('a', 'z')],
};

export interface Published {
  min: number;
  max: number;
  /** One set for each `required`: the union of what it names. */
  required: ReadonlySet<string>[];
  /** `null`: nothing named, so everything printable. */
  permitted: ReadonlySet<string> | null;
  run: number;
  start: ReadonlySet<string> | null;
  notUsername: boolean;
  /** How many characters out of each of these. */
  counted: { readonly of: ReadonlySet<string>; readonly many: number }[];
  /** So many characters must not be in the password before; and of the shorter of both no more than this share may be. */
  fresh: number;
  share: number;
  words: string[];
  /** Longest piece of an alphabet or of counting, forwards or backwards. */
  sequence: number;
}

/** Reads character by character with a cursor; custom sets are the only place where `;`, `:` and `,` are ordinary. */
export function readPublished(text: string): Published {
  const spec: Published = {
    min: 1,
    max: Infinity,
    required: [],
    permitted: null,
    run: Infinity,
    start: null,
    notUsername: false,
    counted: [],
    fresh: 0,
    share: 1,
    words: [],
    sequence: Infinity,
  };
  const permit = (set: ReadonlySet<string>): void => void (spec.permitted = new Set([...(spec.permitted ?? []), ...set]));
  let cursor = 0;
  const skip = (): void => {
    while (text[cursor] === ' ') cursor += 1;
  };
  const word = (): string => {
    let read = '';
    while (/[A-Za-z0-9-]/.test(text.charAt(cursor))) read += text.charAt(cursor++);
    return read.toLowerCase();
  };
  const custom = (): string[] => {
    const listed: string[] = [];
    cursor += 1;
    // The first `]` ends the set, except where another one stands right behind it: then it is a member.
    while (!(text[cursor] === ']' && text[cursor + 1] !== ']')) {
      if (cursor >= text.length) throw new Error(`unfinished set in ${text}`);
      listed.push(text[cursor++] ?? '');
    }
    cursor += 1;
    return listed;
  };
  const sets = (): ReadonlySet<string> => {
    const members: string[] = [];
    for (;;) {
      skip();
      members.push(...(text[cursor] === '[' ? custom() : (published[word()] ?? [])));
      skip();
      if (text[cursor] !== ',') return new Set(members);
      cursor += 1;
    }
  };
  while (cursor < text.length) {
    skip();
    if (text[cursor] === ';') {
      cursor += 1;
      continue;
    }
    const name = word();
    skip();
    const hasValue = text[cursor] === ':';
    if (hasValue) cursor += 1;
    skip();
    if (name === 'minlength') spec.min = Math.max(spec.min, Number(word()));
    else if (name === 'maxlength') spec.max = Math.min(spec.max, Number(word()));
    else if (name === 'max-consecutive') spec.run = Math.min(spec.run, Number(word()));
    else if (name === 'required') {
      const set = sets();
      spec.required.push(set);
      permit(set);
    } else if (name === 'allowed') permit(sets());
    else if (name === 'start') spec.start = sets();
    else if (name === 'not-username') spec.notUsername = true;
    else if (name === 'at-least') {
      const many = Number(word());
      skip();
      const of = sets();
      spec.counted.push({ of, many });
      permit(of);
    } else if (name === 'differs') spec.fresh = Math.max(spec.fresh, Number(word()));
    else if (name === 'reuse') {
      spec.share = Math.min(spec.share, Number(word()) / 100);
      if (text[cursor] === '%') cursor += 1;
    } else if (name === 'max-sequence') spec.sequence = Math.min(spec.sequence, Number(word()));
    else if (name === 'not-words')
      for (;;) {
        spec.words.push(word());
        skip();
        if (text[cursor] !== ',') break;
        cursor += 1;
        skip();
      }
    else if (name === 'history' || name === 'min-age-hours' || name === 'changes-per-day') word();
    else if (name !== '') throw new Error(`the judge does not know ${name}`);
    skip();
    if (cursor < text.length && text[cursor] !== ';') throw new Error(`the judge cannot read ${JSON.stringify(text)} at ${cursor}`);
  }
  return spec;
}

/** The rule that a password breaks, or `null`. */
export function objection(spec: Published, password: string, username: string, remembered: ReadonlySet<string>, before = ''): string | null {
  if (password.length < spec.min) return 'minlength';
  if (password.length > spec.max) return 'maxlength';
  const permitted = spec.permitted ?? new Set(ascii);
  let [run, previous] = [0, ''];
  for (const c of password) {
    if (!permitted.has(c)) return 'allowed';
    run = c === previous ? run + 1 : 1;
    if (run > spec.run) return 'max-consecutive';
    previous = c;
  }
  for (const set of spec.required) if (![...password].some((c) => set.has(c))) return 'required';
  if (spec.start && !spec.start.has(password[0] ?? '')) return 'start';
  if (spec.notUsername && password.toUpperCase().includes(username.toUpperCase())) return 'not-username';
  if (remembered.has(password)) return 'history';
  for (const { of, many } of spec.counted) if ([...password].filter((c) => of.has(c)).length < many) return 'at-least';
  if (spec.words.some((banned) => password.toLowerCase().includes(banned))) return 'not-words';
  for (const alphabet of ['abcdefghijklmnopqrstuvwxyz', '0123456789'])
    for (const line of [alphabet, [...alphabet].reverse().join('')])
      for (let from = 0; from + spec.sequence < line.length; from += 1)
        if (password.toLowerCase().includes(line.slice(from, from + spec.sequence + 1))) return 'max-sequence';
  if (before !== '') {
    const old = [...password].filter((c) => before.includes(c)).length;
    if (password.length - old < spec.fresh) return 'differs';
    if (spec.share < 1 && old > spec.share * Math.min(password.length, before.length)) return 'reuse';
  }
  return null;
}
