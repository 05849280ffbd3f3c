import { characterClass, type CharacterSet, unionOf } from './character-set.ts';
import { newCharacters } from './new-characters.ts';
import { numbers, parseAtLeast, parsePercent, parseSets, parseWords, rulesInvalid, splitRules, type WrittenRule } from './rule-syntax.ts';
import type { PasswordRules } from './rule-set.ts';

/** The longest we make, whatever a portal allows: beyond this nothing is gained and pages begin to cut. */
const LONGEST = 128;
const MAX_REQUIRED = 8;
const MAX_TEXT = 2000;
/** Ways in which the demands can be met in part, over all lengths: a count of so many takes about a second. */
const MOST_TO_COUNT = 200_000;

/**
 * Reads Apple's `passwordrules` syntax: `minlength: 8; maxlength: 12; required: upper; required: digit, [-_]; allowed: lower;
 * max-consecutive: 2;` and our own `not-username; start: letter; history: 5; min-age-hours: 24; changes-per-day: 1; at-least: 3 digit;
 * differs: 6; reuse: 25%; not-words: password, welcome; max-sequence: 2;`. Names are read without case. A
 * rule that comes twice: each `required` counts, `allowed` adds up, of numbers the stricter. Without `allowed` and `required`
 * everything printable is allowed; without `allowed`, what is required is. Fails with `input_invalid` and the reason, also where
 * the rules contradict each other.
 *
 * @example
 * ```ts
 * const rules = parsePasswordRules('minlength: 8; maxlength: 12; allowed: lower; required: upper; required: digit, [-_]');
 * const password = generatePassword(rules, { username: 'billing' });
 * ```
 */
export function parsePasswordRules(text: string): PasswordRules {
  if (text.length > MAX_TEXT) throw rulesInvalid(`they are longer than ${MAX_TEXT} characters`);
  const written = splitRules(text);
  for (const { name, at } of written) if (!NAMES.has(name)) throw rulesInvalid(`there is no rule called ${JSON.stringify(name.slice(0, 40))}`, at);

  const required = [
    ...all(written, 'required').map((rule) => ({ ...unionOf(parseSets(rule)), atLeast: 1 })),
    ...all(written, 'at-least').map((rule) => {
      const { count, sets } = parseAtLeast(rule);
      return { ...unionOf(sets), atLeast: count };
    }),
  ];
  const allowed = all(written, 'allowed').flatMap(parseSets);
  const everything = [...allowed, ...required];
  const starts = all(written, 'start');
  const rules: PasswordRules = {
    minLength: Math.max(1, ...numbers(all(written, 'minlength'))),
    maxLength: Math.min(LONGEST, ...numbers(all(written, 'maxlength'))),
    namesMaxLength: all(written, 'maxlength').length > 0,
    required,
    allowed: unionOf(everything.length > 0 ? everything : [printable()]),
    maxConsecutive: least(all(written, 'max-consecutive')),
    notUsername: all(written, 'not-username').length > 0,
    start: starts[0] ? unionOf(parseSets(starts[0])) : null,
    history: Math.max(0, ...numbers(all(written, 'history'))),
    minAgeHours: Math.max(0, ...numbers(all(written, 'min-age-hours'))),
    changesPerDay: least(all(written, 'changes-per-day')),
    differs: Math.max(0, ...numbers(all(written, 'differs'))),
    reusePercent: all(written, 'reuse')
      .map(parsePercent)
      .reduce<number | null>((so, n) => Math.min(so ?? n, n), null),
    words: [...new Set(all(written, 'not-words').flatMap(parseWords))],
    maxSequence: least(all(written, 'max-sequence')),
  };
  if (starts[1]) throw rulesInvalid('start may be given once', starts[1].at);
  const valued = all(written, 'not-username').find(({ value }) => value !== null);
  if (valued) throw rulesInvalid('not-username takes no value', valued.valueAt);
  refuseImpossible(rules);
  return rules;
}

/** What contradicts itself, or takes too long to draw from. */
function refuseImpossible(rules: PasswordRules): void {
  const { required } = rules;
  if (required.length > MAX_REQUIRED) throw rulesInvalid(`more than ${MAX_REQUIRED} required rules`);
  for (const [name, value] of Object.entries({
    'max-consecutive': rules.maxConsecutive,
    'max-sequence': rules.maxSequence,
    'changes-per-day': rules.changesPerDay,
  }))
    if (value === 0) throw rulesInvalid(`${name} must be at least 1`);
  if (rules.maxLength === 0) throw rulesInvalid('maxlength must be at least 1');
  if (rules.minLength > LONGEST) throw rulesInvalid(`minlength ${rules.minLength} is more than ${LONGEST}, the longest that is made`);
  if (rules.minLength > rules.maxLength) throw rulesInvalid(`minlength ${rules.minLength} is more than maxlength ${rules.maxLength}`);
  const length = lengthFor(rules);
  const states = required.reduce((so, set) => so * (set.atLeast + 1), newCharacters(rules, length, ' '.repeat(length)) + 1);
  if (states * length > MOST_TO_COUNT) throw rulesInvalid('they demand too many characters of too many sets to be counted');
}

const USUAL_LENGTH = 20;
/** As near to the length wanted as the rules let a password be. */
export const lengthFor = ({ minLength, maxLength }: Pick<PasswordRules, 'minLength' | 'maxLength'>, wanted = USUAL_LENGTH): number =>
  Math.min(maxLength, Math.max(minLength, wanted));

const NAMES = new Set([
  ...['minlength', 'maxlength', 'required', 'allowed', 'max-consecutive'],
  ...['not-username', 'start', 'history', 'min-age-hours', 'changes-per-day', 'at-least', 'differs', 'reuse', 'not-words', 'max-sequence'],
]);

const all = (written: readonly WrittenRule[], name: string): readonly WrittenRule[] => written.filter((rule) => rule.name === name);

/** The strictest of them; `null`: there is none. */
const least = (rules: readonly WrittenRule[]): number | null => numbers(rules).reduce<number | null>((so, n) => Math.min(so ?? n, n), null);

function printable(): CharacterSet {
  const set = characterClass('ascii-printable');
  if (set === null) throw rulesInvalid('the printable set is unknown');
  return set;
}
