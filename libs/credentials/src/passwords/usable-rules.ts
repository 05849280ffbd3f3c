import { impossible, passwordGenerator } from './generate-password.ts';
import { parsePasswordRules } from './password-rules.ts';
import type { PasswordRules } from './rule-set.ts';

/**
 * Reads password rules as `parsePasswordRules` and proves that passwords can be made from them, more than the portal remembers: for
 * whoever saves a portal type, so that nobody learns of impossible rules in the middle of a rotation. Fails with `input_invalid`,
 * the reason, and `details.position` where the text itself is wrong.
 *
 * @example
 * ```ts
 * try {
 *   usablePasswordRules('minlength: 1; maxlength: 1; required: digit; history: 24');
 * } catch (error) {
 *   // Ten passwords, and the portal remembers 24.
 *   if (!hasCode(error, 'input_invalid')) throw error;
 * }
 * ```
 */
export function usablePasswordRules(text: string): PasswordRules {
  const rules = parsePasswordRules(text);
  const generator = passwordGenerator(rules);
  const { size } = generator;
  // The current password and those that the portal remembers cannot come again.
  if (size <= BigInt(rules.history) + 1n) throw impossible(`only ${size} satisfy them, and the portal remembers ${rules.history} besides the current one`);
  // One after the other, as rotations will make them: what is refused, or too like the one before, shows here.
  let current = generator.draw().reveal();
  for (let changes = 0; changes < TRIED_CHANGES; changes += 1) current = generator.draw({ current, previous: [current] }).reveal();
  return rules;
}

const TRIED_CHANGES = 2;

/**
 * What whoever saves these rules should know, though passwords can be made from them.
 *
 * @example
 * ```ts
 * const rules = usablePasswordRules('minlength: 12; required: letter; required: digit');
 * for (const warning of ruleWarnings(rules)) console.warn(warning);
 * ```
 */
export function ruleWarnings({ namesMaxLength }: Pick<PasswordRules, 'namesMaxLength'>): readonly string[] {
  return namesMaxLength
    ? []
    : [
        'The password rules name no maxlength. Many portals cut what is longer without a word, and then accept the whole password on one page only: look it up, or try a long one by hand.',
      ];
}
