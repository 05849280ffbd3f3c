import { expect, it } from 'vitest';
import { generatePassword } from './generate-password.ts';
import { parsePasswordRules } from './password-rules.ts';

/** What one page of a portal does to what it is sent, and another one does not. */
const REWRITTEN: readonly (readonly [what: string, as: (password: string) => string])[] = [
  ['entities for what HTML reserves', (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replace(/["']/g, '&#34;')],
  ['everything between angle brackets away', (text) => text.replace(/<[^>]*>?/g, '')],
  ['an address decoded once more', (text) => text.replaceAll('+', ' ').replace(/%[\da-f]{2}/gi, (code) => String.fromCharCode(parseInt(code.slice(1), 16)))],
  ['percent signs escaped', (text) => text.replaceAll('%', '%25')],
  ['quotes escaped', (text) => text.replace(/['"\\]/g, '\\$&')],
  ['escapes taken away', (text) => text.replace(/\\(.)/g, '$1')],
  ['quotes doubled', (text) => text.replace(/'/g, "''")],
  ['blanks around it cut', (text) => text.trim()],
];

it.each(['', 'minlength: 12; required: upper; required: lower; required: digit; required: special', 'allowed: ascii-printable', 'allowed: unicode'])(
  'a password made by the rules "%s" is the same to a portal that writes it otherwise on one of its pages',
  (text) => {
    const rules = parsePasswordRules(text);
    for (let drawn = 0; drawn < 200; drawn += 1) {
      const password = generatePassword(rules).reveal();
      for (const [what, as] of REWRITTEN) expect(as(password), what).toBe(password);
    }
  },
);
