import { characterClass, type CharacterSet, unionOf } from './character-set.ts';
import { parseSets, rulesInvalid, splitRules, type WrittenRule } from './rule-syntax.ts';

/** What a portal demands of a password. */
export interface PasswordRules {
  readonly minLength: number;
  readonly maxLength: number;
  /** At least one character out of each. */
  readonly required: readonly CharacterSet[];
  /** Every character is out of this one: what is allowed and what is required. */
  readonly allowed: CharacterSet;
  /** How often one character may be repeated in a row; `null`: as often as you like. */
  readonly maxConsecutive: number | null;
  /** The portal refuses a password that holds the user name. Ours never do; this is for passwords typed by people. */
  readonly notUsername: boolean;
  /** What the first character must be; `null`: anything allowed. */
  readonly start: CharacterSet | null;
  /** Earlier passwords that the portal remembers and refuses. */
  readonly history: number;
  /** How old a password must be before the portal lets it be changed, in hours. */
  readonly minAgeHours: number;
}

/** The longest we make, whatever a portal allows: beyond this nothing is gained and pages begin to cut. */
const LONGEST = 128;
const MAX_REQUIRED = 8;
const MAX_TEXT = 2000;

/**
 * Reads Apple's `passwordrules` syntax: `minlength: 8; maxlength: 12; required: upper; required: digit, [-_]; allowed: lower;
 * max-consecutive: 2;` and our own `not-username; start: letter; history: 5; min-age-hours: 24;`. Names are read without case. A
 * rule that comes twice: each `required` counts, `allowed` adds up, of numbers the stricter. Without `allowed` and `required`
 * everything printable is allowed; without `allowed`, what is required is. Fails with `input_invalid` and the reason, also where
 * the rules contradict each other.
 */
export function parsePasswordRules(text: string): PasswordRules {
  if (text.length > MAX_TEXT) throw rulesInvalid(`they are longer than ${MAX_TEXT} characters`);
  const written = splitRules(text);
  for (const { name, at } of written) if (!NAMES.has(name)) throw rulesInvalid(`there is no rule called ${JSON.stringify(name.slice(0, 40))}`, at);

  const required = all(written, 'required').map((rule) => unionOf(parseSets(rule)));
  const allowed = all(written, 'allowed').flatMap(parseSets);
  const everything = [...allowed, ...required];
  const starts = all(written, 'start');
  const rules: PasswordRules = {
    minLength: Math.max(1, ...numbers(written, 'minlength')),
    maxLength: Math.min(LONGEST, ...numbers(written, 'maxlength')),
    required,
    allowed: unionOf(everything.length > 0 ? everything : [printable()]),
    maxConsecutive: numbers(written, 'max-consecutive').reduce<number | null>((least, n) => Math.min(least ?? n, n), null),
    notUsername: all(written, 'not-username').length > 0,
    start: starts[0] ? unionOf(parseSets(starts[0])) : null,
    history: Math.max(0, ...numbers(written, 'history')),
    minAgeHours: Math.max(0, ...numbers(written, 'min-age-hours')),
  };
  if (starts[1]) throw rulesInvalid('start may be given once', starts[1].at);
  const valued = all(written, 'not-username').find(({ value }) => value !== null);
  if (valued) throw rulesInvalid('not-username takes no value', valued.valueAt);
  if (required.length > MAX_REQUIRED) throw rulesInvalid(`more than ${MAX_REQUIRED} required rules`);
  if (rules.maxConsecutive === 0) throw rulesInvalid('max-consecutive must be at least 1');
  if (rules.maxLength === 0) throw rulesInvalid('maxlength must be at least 1');
  if (rules.minLength > LONGEST) throw rulesInvalid(`minlength ${rules.minLength} is more than ${LONGEST}, the longest that is made`);
  if (rules.minLength > rules.maxLength) throw rulesInvalid(`minlength ${rules.minLength} is more than maxlength ${rules.maxLength}`);
  return rules;
}

const NAMES = new Set(['minlength', 'maxlength', 'required', 'allowed', 'max-consecutive', 'not-username', 'start', 'history', 'min-age-hours']);

const all = (written: readonly WrittenRule[], name: string): readonly WrittenRule[] => written.filter((rule) => rule.name === name);

function numbers(written: readonly WrittenRule[], name: string): readonly number[] {
  return all(written, name).map(({ value, at, valueAt }) => {
    if (value === null || !/^[0-9]{1,6}$/.test(value)) throw rulesInvalid(`${name} must be a number`, value === null ? at : valueAt);
    return Number(value);
  });
}

function printable(): CharacterSet {
  const set = characterClass('ascii-printable');
  if (set === null) throw rulesInvalid('the printable set is unknown');
  return set;
}
