import { RcmError } from '@rcm/telemetry';
import { characterClass, type CharacterSet, customSet } from './character-set.ts';

/** One rule as written: a name, and a number, sets, or nothing. */
export interface WrittenRule {
  readonly name: string;
  readonly value: string | null;
  /** Where name and value begin in the text, counted from 1: for whoever has to mend it. */
  readonly at: number;
  readonly valueAt: number;
}

/** `at` is the character, counted from 1, at which the text stops making sense; 0 where it is the text as a whole. */
export function rulesInvalid(why: string, at = 0): RcmError {
  const where = at > 0 ? ` at character ${at}` : '';
  return new RcmError('input_invalid', `The password rules are not usable${where}: ${why}.`, { details: { position: at } });
}

/** Splits `name: value; name; …`. A `;` or `:` inside `[…]` belongs to the set. Fails with `input_invalid`. */
export function splitRules(text: string): readonly WrittenRule[] {
  const rules: WrittenRule[] = [];
  let from = 0;
  for (let at = 0; at <= text.length;) {
    if (at === text.length || text[at] === ';') {
      const rule = writtenRule(text.slice(from, at), from);
      if (rule) rules.push(rule);
      from = at + 1;
    }
    at = text[at] === '[' ? endOfSet(text, at, 1) + 1 : at + 1;
  }
  return rules;
}

function writtenRule(part: string, offset: number): WrittenRule | null {
  if (part.trim() === '') return null;
  const colon = part.indexOf(':');
  const head = colon < 0 ? part : part.slice(0, colon);
  const value = colon < 0 ? null : part.slice(colon + 1);
  return { name: head.trim().toLowerCase(), value: value?.trim() ?? null, at: offset + 1 + leading(head), valueAt: offset + 2 + colon + leading(value ?? '') };
}

const leading = (text: string): number => text.length - text.trimStart().length;

/** Reads `upper, digit, [-().]`. Fails with `input_invalid`. */
export function parseSets({ name, value, at, valueAt }: WrittenRule): readonly CharacterSet[] {
  const sets: CharacterSet[] = [];
  const text = value ?? '';
  if (text === '') throw rulesInvalid(`${name} names no set of characters`, at);
  for (let place = 0; ;) {
    const isCustom = text[place] === '[';
    const end = isCustom ? endOfSet(text, place, valueAt) + 1 : place + text.slice(place).search(/,|$/);
    sets.push(isCustom ? parseCustomSet(text.slice(place + 1, end - 1), valueAt + place + 1) : named(text.slice(place, end).trim(), valueAt + place));
    const comma = end + leading(text.slice(end));
    if (comma >= text.length) return sets;
    const next = comma + 1 + leading(text.slice(comma + 1));
    if (text[comma] !== ',' || next >= text.length) throw rulesInvalid(`the sets of ${name} must be separated by single commas`, valueAt + comma);
    place = next;
  }
}

/** Index of the `]` that ends the set. A `]` that stands right before the last one belongs to the set. */
function endOfSet(text: string, start: number, offset: number): number {
  const end = text.indexOf(']', start + 1);
  if (end < 0) throw rulesInvalid('a set that begins with [ has no ]', offset + start);
  return text[end + 1] === ']' ? end + 1 : end;
}

function parseCustomSet(characters: string, at: number): CharacterSet {
  if (characters === '') throw rulesInvalid('a set between [ and ] is empty', at);
  const foreign = characters.search(/[^ -~]/);
  if (foreign >= 0) throw rulesInvalid('a set between [ and ] may hold printable ASCII only', at + foreign);
  // No ranges in this syntax: a dash elsewhere is most likely meant as one, and would silently mean something else.
  const dash = characters.indexOf('-', 1);
  if (dash > 0) throw rulesInvalid('a dash may only be the first character of a set; ranges do not exist', at + dash);
  return customSet(characters);
}

function named(name: string, at: number): CharacterSet {
  const set = characterClass(name);
  if (set === null) throw rulesInvalid(`there is no set of characters called ${JSON.stringify(name.slice(0, 40))}`, at);
  return set;
}

/** The number of each rule. Fails with `input_invalid`. */
export function numbers(rules: readonly WrittenRule[]): readonly number[] {
  return rules.map(({ name, value, at, valueAt }) => {
    if (value === null || !/^[0-9]{1,6}$/.test(value)) throw rulesInvalid(`${name} must be a number`, value === null ? at : valueAt);
    return Number(value);
  });
}

/** Reads `3 upper, digit`. Fails with `input_invalid`. */
export function parseAtLeast(rule: WrittenRule): { readonly count: number; readonly sets: readonly CharacterSet[] } {
  const [, count = '', between = ''] = /^([0-9]{1,3})( +)/.exec(rule.value ?? '') ?? [];
  if (count === '' || Number(count) === 0)
    throw rulesInvalid(`${rule.name} names how many, then of what: "${rule.name}: 3 digit"`, rule.value === null ? rule.at : rule.valueAt);
  const before = count.length + between.length;
  return { count: Number(count), sets: parseSets({ ...rule, value: (rule.value ?? '').slice(before), valueAt: rule.valueAt + before }) };
}

/** Reads `25` or `25%`. Fails with `input_invalid`. */
export function parsePercent({ name, value, at, valueAt }: WrittenRule): number {
  const [, percent] = /^([0-9]{1,3})%?$/.exec(value ?? '') ?? [];
  if (percent === undefined || Number(percent) > 100) throw rulesInvalid(`${name} must be a percentage`, value === null ? at : valueAt);
  return Number(percent);
}

const WORD = /^[a-z0-9]{3,32}$/;
const MAX_WORDS = 100;

/** Reads `password, welcome`, in small letters. Fails with `input_invalid`. */
export function parseWords({ name, value, at, valueAt }: WrittenRule): readonly string[] {
  const words = (value ?? '').split(',').map((word) => word.trim().toLowerCase());
  if (words.length > MAX_WORDS || !words.every((word) => WORD.test(word)))
    throw rulesInvalid(`${name} must be up to ${MAX_WORDS} words of 3 to 32 letters and digits, with commas between them`, value === null ? at : valueAt);
  return words;
}
