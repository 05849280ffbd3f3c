import type { PasswordRules, RequiredSet } from './rule-set.ts';

/**
 * How many characters of a password of this length must be none of the current one's. Portals count "different" in several ways (by place, by character, by
 * share of the old or of the new); a character that the current password does not have at all is different in every one of them.
 */
export function newCharacters({ differs, reusePercent }: Pick<PasswordRules, 'differs' | 'reusePercent'>, length: number, current: string): number {
  const mayReuse = reusePercent === null ? length : Math.floor((reusePercent / 100) * Math.min(length, [...current].length));
  return Math.max(differs, length - mayReuse);
}

/** The same as one more demand on a password of this length; `null`: none. */
export function newCharacterSet(rules: PasswordRules, length: number, current: string): RequiredSet | null {
  const atLeast = newCharacters(rules, length, current);
  if (atLeast === 0) return null;
  const isNew = (character: string): boolean => !current.includes(character);
  return { name: 'characters that the current password does not have', drawn: [...rules.allowed.drawn].filter(isNew).join(''), accepts: isNew, atLeast };
}
