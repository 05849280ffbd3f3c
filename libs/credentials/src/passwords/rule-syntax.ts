import { RcmError } from '@rcm/telemetry';
import { characterClass, type CharacterSet, customSet } from './character-set.ts';

/** One rule as written: a name, and a number, sets, or nothing. */
export interface WrittenRule {
  readonly name: string;
  readonly value: string | null;
}

export const rulesInvalid = (why: string): RcmError => new RcmError('input_invalid', `The password rules are not usable: ${why}.`);

/** Splits `name: value; name; …`. A `;` or `:` inside `[…]` belongs to the set. Fails with `input_invalid`. */
export function splitRules(text: string): readonly WrittenRule[] {
  const parts: string[] = [''];
  for (let at = 0; at < text.length;) {
    const end = text[at] === '[' ? endOfSet(text, at) : at;
    if (text[at] === ';') parts.push('');
    else parts[parts.length - 1] += text.slice(at, end + 1);
    at = end + 1;
  }
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const colon = part.indexOf(':');
      const name = (colon < 0 ? part : part.slice(0, colon)).trim().toLowerCase();
      return { name, value: colon < 0 ? null : part.slice(colon + 1).trim() };
    });
}

/** Reads `upper, digit, [-().]`. Fails with `input_invalid`. */
export function parseSets(name: string, value: string | null): readonly CharacterSet[] {
  const sets: CharacterSet[] = [];
  let rest = (value ?? '').trim();
  while (rest !== '') {
    const end = rest.startsWith('[') ? endOfSet(rest, 0) + 1 : rest.search(/,|$/);
    sets.push(rest.startsWith('[') ? parseCustomSet(rest.slice(1, end - 1)) : named(rest.slice(0, end).trim()));
    rest = rest.slice(end).trim();
    if (rest === '') break;
    if (!rest.startsWith(',') || rest.slice(1).trim() === '') throw rulesInvalid(`the sets of ${name} must be separated by single commas`);
    rest = rest.slice(1).trim();
  }
  if (sets.length === 0) throw rulesInvalid(`${name} names no set of characters`);
  return sets;
}

/** Index of the `]` that ends the set. A `]` that stands right before the last one belongs to the set. */
function endOfSet(text: string, start: number): number {
  const end = text.indexOf(']', start + 1);
  if (end < 0) throw rulesInvalid('a set that begins with [ has no ]');
  return text[end + 1] === ']' ? end + 1 : end;
}

function parseCustomSet(characters: string): CharacterSet {
  if (characters === '') throw rulesInvalid('a set between [ and ] is empty');
  if (!/^[ -~]+$/.test(characters)) throw rulesInvalid('a set between [ and ] may hold printable ASCII only');
  // No ranges in this syntax: a dash elsewhere is most likely meant as one, and would silently mean something else.
  if (characters.indexOf('-', 1) > 0) throw rulesInvalid('a dash may only be the first character of a set; ranges do not exist');
  return customSet(characters);
}

function named(name: string): CharacterSet {
  const set = characterClass(name);
  if (set === null) throw rulesInvalid(`there is no set of characters called ${JSON.stringify(name.slice(0, 40))}`);
  return set;
}
