import { impossible, passwordGenerator } from './generate-password.ts';
import { parsePasswordRules, type PasswordRules } from './password-rules.ts';

/**
 * Reads password rules as `parsePasswordRules` and proves that passwords can be made from them, more than the portal remembers: for
 * whoever saves a portal type, so that nobody learns of impossible rules in the middle of a rotation. Fails with `input_invalid`,
 * the reason, and `details.position` where the text itself is wrong.
 */
export function usablePasswordRules(text: string): PasswordRules {
  const rules = parsePasswordRules(text);
  const { size } = passwordGenerator(rules);
  // The current password and those that the portal remembers cannot come again.
  if (size <= BigInt(rules.history) + 1n) throw impossible(`only ${size} satisfy them, and the portal remembers ${rules.history} besides the current one`);
  return rules;
}
