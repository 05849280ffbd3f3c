import { RcmError, Secret } from '@rcm/telemetry';
import { containsName, isRefused } from './broken-rules.ts';
import { newCharacterSet } from './new-characters.ts';
import { lengthFor } from './password-rules.ts';
import type { PasswordRules } from './rule-set.ts';
import { PasswordSpace } from './password-space.ts';
import { type RandomBytes, secureRandom } from './uniform.ts';

export interface GenerateOptions {
  /** The password will not hold it, whether or not the rules say so. */
  readonly username?: string;
  /** Passwords that must not come again. */
  readonly previous?: readonly string[];
  /** The one that it takes the place of, for rules about the difference. */
  readonly current?: string;
  /** Length wanted; the rules' limits go before it. Default 20. */
  readonly length?: number;
  readonly random?: RandomBytes;
}

/** A drawn password that holds the user name, or what is refused, is drawn again; this often only where almost every one does. */
const MAX_DRAWS = 1000;

/** Draws passwords of one length for one set of rules; what there is to count is counted once. */
export interface PasswordGenerator {
  /** How many passwords there are, before user name, refused words and earlier ones are taken out. */
  readonly size: bigint;
  /** Fails with `input_invalid` where all are taken out. */
  draw(options?: Pick<GenerateOptions, 'username' | 'previous' | 'current'>): Secret<string>;
}

/**
 * Fails with `input_invalid`, and the reason, where no password satisfies the rules.
 *
 * @example
 * ```ts
 * const generator = passwordGenerator(usablePasswordRules('minlength: 12; maxlength: 16; required: letter; required: digit'));
 * // Many of one kind: what there is to count is counted once.
 * const [first, second] = [generator.draw({ username: 'billing' }), generator.draw({ username: 'claims' })];
 * ```
 */
export function passwordGenerator(rules: PasswordRules, { length, random = secureRandom }: Pick<GenerateOptions, 'length' | 'random'> = {}): PasswordGenerator {
  const wanted = lengthFor(rules, length);
  const space = longestSpace(rules, wanted);
  const { size } = space;
  const changes = rules.differs > 0 || rules.reusePercent !== null;
  return {
    size,
    draw({ username, previous = [], current } = {}) {
      const from = changes && current !== undefined ? longestSpace(rules, wanted, current) : space;
      for (let draws = 0; draws < MAX_DRAWS; draws += 1) {
        const password = from.draw(random);
        if (!isRefused(rules, password) && !holdsName(password, username) && !previous.includes(password)) return new Secret(password);
      }
      throw impossible('all that satisfy them hold the user name or what is refused, or were used before');
    },
  };
}

const holdsName = (password: string, username = ''): boolean => username !== '' && containsName(password, username);

/**
 * Draws one of all passwords that satisfy the rules, each equally likely. Fails with `input_invalid`, and the reason, where there
 * is none.
 *
 * @example
 * ```ts
 * const rules = parsePasswordRules('minlength: 12; maxlength: 16; allowed: lower; required: upper; required: digit');
 * const password = generatePassword(rules, { username: 'billing' });
 * String(password); // [secret]
 * ```
 */
export function generatePassword(rules: PasswordRules, options: GenerateOptions = {}): Secret<string> {
  return passwordGenerator(rules, options).draw(options);
}

/** Of the length wanted; a shorter one only where nothing of that length avoids a run, or differs enough from the current one. */
function longestSpace(rules: PasswordRules, wanted: number, current?: string): PasswordSpace {
  for (let places = wanted; places >= rules.minLength; places -= 1) {
    const different = current === undefined ? null : newCharacterSet(rules, places, current);
    const space = new PasswordSpace(different === null ? rules : { ...rules, required: [...rules.required, different] }, places);
    if (space.size > 0n) return space;
  }
  throw impossible(current === undefined ? whyNone(rules, wanted) : 'none of those that satisfy them differs enough from the current one');
}

function whyNone(rules: PasswordRules, size: number): string {
  if (rules.allowed.drawn === '') return 'no character is allowed that we would use';
  const unmet = rules.required.find((set) => set.drawn === '');
  if (unmet) return `nothing we would use is in ${unmet.name}`;
  if (rules.start !== null && ![...rules.allowed.drawn].some((c) => rules.start?.accepts(c)))
    return `nothing allowed is in ${rules.start.name}, with which it must start`;
  if (rules.required.length > 0) return `${size} characters cannot satisfy ${rules.required.length} required rules together with the others`;
  return `no ${size} characters satisfy max-consecutive`;
}

export const impossible = (why: string): RcmError => new RcmError('input_invalid', `No password can be made from these rules: ${why}.`);
