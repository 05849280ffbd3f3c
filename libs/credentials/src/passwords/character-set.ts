const range = (from: string, to: string): string => {
  const first = from.charCodeAt(0);
  return String.fromCharCode(...Array.from({ length: to.charCodeAt(0) - first + 1 }, (_, i) => first + i));
};

const UPPER = range('A', 'Z');
const LOWER = range('a', 'z');
const DIGIT = range('0', '9');
/** As Apple's rules list it. */
const SPECIAL = '-~!@#$%^&*_+=`|(){}[:;"\'<>,.?] ';
const PRINTABLE = range(' ', '~');

/**
 * A set of characters as a rule names it. `accepts` is what the portal takes; `drawn` is what we make passwords from: nothing of
 * `REWRITTEN` unless it is listed by hand, and nothing outside ASCII, since pages disagree about its encoding.
 */
export interface CharacterSet {
  readonly name: string;
  readonly drawn: string;
  accepts(character: string): boolean;
}

const listed = (name: string, characters: string, drawn = characters): CharacterSet => ({
  name,
  drawn,
  accepts: (character) => characters.includes(character),
});
/**
 * What some pages of a portal write otherwise than others: a space is trimmed, markup and quotes become entities or go, and `%`, `+` and a backslash are decoded once
 * more. Where the page that changes a password does so and the login does not, nobody knows the password. Twenty characters without them are 1 in 2^128 still.
 */
const REWRITTEN = new Set(' &<>"\'%+\\');
const safe = (characters: string): string => [...characters].filter((character) => !REWRITTEN.has(character)).join('');

const CLASSES: ReadonlyMap<string, CharacterSet> = new Map(
  [
    listed('upper', UPPER),
    listed('lower', LOWER),
    listed('digit', DIGIT),
    listed('letter', UPPER + LOWER),
    listed('special', SPECIAL, safe(SPECIAL)),
    listed('ascii-printable', PRINTABLE, safe(PRINTABLE)),
    { name: 'unicode', drawn: safe(PRINTABLE), accepts: () => true },
  ].map((set) => [set.name, set]),
);

/** Apple's page lists `digits` and writes `digit` in its examples. */
const ALIASES: ReadonlyMap<string, string> = new Map([['digits', 'digit']]);

/** The class of this name, without case; `null` where there is none. `letter` is ours, the others are Apple's. */
export function characterClass(name: string): CharacterSet | null {
  const lower = name.toLowerCase();
  return CLASSES.get(ALIASES.get(lower) ?? lower) ?? null;
}

/** A set listed by hand. */
export const customSet = (characters: string): CharacterSet => listed(`[${characters}]`, [...new Set(characters)].join(''));

export const unionOf = (sets: readonly CharacterSet[]): CharacterSet => ({
  name: sets.map((set) => set.name).join(', '),
  drawn: [...new Set(sets.flatMap((set) => [...set.drawn]))].join(''),
  accepts: (character) => sets.some((set) => set.accepts(character)),
});
