import { RcmError, Secret } from '@rcm/telemetry';
import { containsName } from './broken-rules.ts';
import type { PasswordRules } from './password-rules.ts';
import { PasswordSpace } from './password-space.ts';
import { type RandomBytes, secureRandom } from './uniform.ts';

export interface GenerateOptions {
  /** The password will not hold it, whether or not the rules say so. */
  readonly username?: string;
  /** Passwords that must not come again. */
  readonly previous?: readonly string[];
  /** Length wished for; the rules' limits go before it. Default 20. */
  readonly length?: number;
  readonly random?: RandomBytes;
}

const DEFAULT_LENGTH = 20;
/** A drawn password that holds the user name is drawn again; this often only where almost every one does. */
const MAX_DRAWS = 1000;

/** Draws passwords of one length for one set of rules; what there is to count is counted once. */
export interface PasswordGenerator {
  /** How many passwords there are, before user name and earlier ones are taken out. */
  readonly size: bigint;
  /** Fails with `input_invalid` where all are taken out. */
  draw(options?: Pick<GenerateOptions, 'username' | 'previous'>): Secret<string>;
}

/** Fails with `input_invalid`, and the reason, where no password satisfies the rules. */
export function passwordGenerator(
  rules: PasswordRules,
  { length = DEFAULT_LENGTH, random = secureRandom }: Pick<GenerateOptions, 'length' | 'random'> = {},
): PasswordGenerator {
  const space = longestSpace(rules, Math.min(rules.maxLength, Math.max(rules.minLength, length)));
  const { size } = space;
  return {
    size,
    draw({ username, previous = [] } = {}) {
      for (let draws = 0; draws < MAX_DRAWS; draws += 1) {
        const password = space.draw(random);
        if (username !== undefined && username !== '' && containsName(password, username)) continue;
        if (!previous.includes(password)) return new Secret(password);
      }
      throw impossible('all that satisfy them hold the user name or were used before');
    },
  };
}

/**
 * Draws one of all passwords that satisfy the rules, each equally likely. Fails with `input_invalid`, and the reason, where there
 * is none.
 */
export function generatePassword(rules: PasswordRules, options: GenerateOptions = {}): Secret<string> {
  return passwordGenerator(rules, options).draw(options);
}

/** Of the length wished for; a shorter one only where nothing of that length avoids a run. */
function longestSpace(rules: PasswordRules, wished: number): PasswordSpace {
  for (let places = wished; places >= rules.minLength; places -= 1) {
    const space = new PasswordSpace(rules, places);
    if (space.size > 0n) return space;
  }
  throw impossible(whyNone(rules, wished));
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
