import type { CharacterSet } from './character-set.ts';
import { newCharacterSet } from './new-characters.ts';
import type { PasswordRules, RequiredSet } from './rule-set.ts';

/**
 * Which rules a password breaks, in words that do not repeat it; empty where it satisfies all that can be judged from the text.
 * `history`, `min-age-hours` and `changes-per-day` cannot: they are about earlier passwords. `current`: the one that it takes the place of, for rules about the difference.
 *
 * @example
 * ```ts
 * const rules = parsePasswordRules('minlength: 8; allowed: lower, [-]; required: digit; not-username');
 * brokenRules(rules, 'only-an-example', 'billing'); // ['holds none of digit']
 * ```
 */
export function brokenRules(rules: PasswordRules, password: string, username?: string, current?: string): readonly string[] {
  const characters = [...password];
  const broken = [
    ...ofLength(rules, characters.length),
    ...ofSets(rules, characters, current),
    ...ofPlaces(rules, characters),
    ...refusedWords(rules, password).map((word) => `holds the word ${word}`),
    rules.notUsername && username !== undefined && containsName(password, username) && 'holds the user name',
  ];
  return broken.filter((text) => text !== false);
}

/** What it breaks in words; `false`: it does not. */
type Broken = readonly (string | false)[];

const ofLength = (rules: PasswordRules, length: number): Broken => [
  length < rules.minLength && `shorter than ${rules.minLength}`,
  length > rules.maxLength && `longer than ${rules.maxLength}`,
];

const ofSets = (rules: PasswordRules, characters: readonly string[], current?: string): Broken => [
  characters.some((c) => !rules.allowed.accepts(c)) && 'holds a character that is not allowed',
  ...rules.required.map((set) => lacks(characters, set)),
  current !== undefined && lacks(characters, newCharacterSet(rules, characters.length, current)),
];

/** About which character stands where. */
const ofPlaces = (rules: PasswordRules, characters: readonly string[]): Broken => [
  rules.start !== null && !isOf(rules.start, characters[0]) && `does not start with ${rules.start.name}`,
  rules.maxConsecutive !== null && longestRun(characters) > rules.maxConsecutive && `repeats a character more than ${rules.maxConsecutive} times in a row`,
  rules.maxSequence !== null && longestSequence(characters) > rules.maxSequence && `holds more than ${rules.maxSequence} characters in sequence`,
];

const isOf = (set: CharacterSet, character: string | undefined): boolean => character !== undefined && set.accepts(character);

function lacks(characters: readonly string[], set: RequiredSet | null): string | false {
  if (set === null) return false;
  const held = characters.filter((c) => set.accepts(c)).length;
  if (held >= set.atLeast) return false;
  return held === 0 && set.atLeast === 1 ? `holds none of ${set.name}` : `holds ${held} of ${set.name}, and needs ${set.atLeast}`;
}

/** What is drawn is drawn again where it holds a refused word or sequence. */
export const isRefused = (rules: PasswordRules, password: string): boolean =>
  refusedWords(rules, password).length > 0 || (rules.maxSequence !== null && longestSequence([...password]) > rules.maxSequence);

const refusedWords = ({ words }: PasswordRules, password: string): readonly string[] => words.filter((word) => password.toLowerCase().includes(word));

/** Without case, and for an address also the part before the `@` where it is long enough to be a name. */
export function containsName(password: string, username: string): boolean {
  const names = [username, username.split('@', 1)[0] ?? ''].map((name) => name.toLowerCase());
  return names.some((name, index) => name.length >= (index === 0 ? 1 : SHORTEST_NAME) && password.toLowerCase().includes(name));
}

const SHORTEST_NAME = 3;

function longestRun(characters: readonly string[]): number {
  let [longest, run] = [0, 0];
  characters.forEach((character, index) => {
    run = character === characters[index - 1] ? run + 1 : 1;
    longest = Math.max(longest, run);
  });
  return longest;
}

/** Letters without case, and digits, each by one further than the one before, or each by one back. */
function longestSequence(characters: readonly string[]): number {
  let [longest, run, direction] = [Math.min(characters.length, 1), 1, 0];
  characters.forEach((character, index) => {
    const step = index === 0 ? 0 : stepBetween(characters[index - 1] ?? '', character);
    run = step === 0 ? 1 : step === direction ? run + 1 : 2;
    direction = step;
    longest = Math.max(longest, run);
  });
  return longest;
}

function stepBetween(before: string, after: string): number {
  const [from, to] = [before.toLowerCase(), after.toLowerCase()];
  const alike = (/^[a-z]$/.test(from) && /^[a-z]$/.test(to)) || (/^[0-9]$/.test(from) && /^[0-9]$/.test(to));
  const step = to.charCodeAt(0) - from.charCodeAt(0);
  return alike && Math.abs(step) === 1 ? step : 0;
}
