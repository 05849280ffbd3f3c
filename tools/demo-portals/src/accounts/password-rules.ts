/** A portal's demands on a new password. Lengths are counted in characters (code points). */
export interface PasswordRules {
  readonly minLength: number;
  readonly maxLength: number;
  /** At least one character of each. */
  readonly required: readonly RegExp[];
  /** Every character must match. */
  readonly allowed: RegExp;
  /** The same character at most so often in a row. */
  readonly maxConsecutive: number;
  /** The same in the syntax browsers and generators read (the `passwordrules` attribute). */
  readonly notation: string;
}

export type BrokenRule = 'too_short' | 'too_long' | 'class_missing' | 'character_not_allowed' | 'repeated_characters';

/** The first rule that the password breaks, or null. */
export function brokenRule(rules: PasswordRules, password: string): BrokenRule | null {
  const characters = [...password];
  if (characters.length < rules.minLength) return 'too_short';
  if (characters.length > rules.maxLength) return 'too_long';
  if (!characters.every((character) => rules.allowed.test(character))) return 'character_not_allowed';
  if (!rules.required.every((kind) => characters.some((character) => kind.test(character)))) return 'class_missing';
  const runTooLong = characters.some((character, at) => {
    const next = characters.slice(at, at + rules.maxConsecutive + 1);
    return next.length > rules.maxConsecutive && next.every((other) => other === character);
  });
  return runTooLong ? 'repeated_characters' : null;
}
