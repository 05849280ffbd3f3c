import type { RealmCode } from '../portal-code.ts';
import type { Lockout } from '../records/lockout.ts';
import type { PasswordRules } from './password-rules.ts';

/** What a portal demands and how it defends itself; the pages only put it into words. */
export interface AccountPolicy {
  readonly rules: PasswordRules;
  /** A new password must differ from so many: the present one and those before it. */
  readonly noReuseOf: number;
  /** How the portal locks unless its habit `lockout` says otherwise. */
  readonly lockout: Lockout;
  /** Null: passwords do not expire by themselves. */
  readonly passwordLifetimeMs: number | null;
  readonly asksForCode: boolean;
  /** Which sessions of the account a password change ends. */
  readonly changeEnds: 'none' | 'others' | 'all';
  readonly keptUsername: (typed: string) => string;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const UPPER = /[A-Z]/;
const LOWER = /[a-z]/;
const DIGIT = /[0-9]/;

/** So many wrong tries within 15 minutes, with no accepted login between, lock for 15 minutes. */
const inARow = (threshold: number): Lockout => ({ counts: 'consecutive', threshold, windowMs: 15 * MINUTE, lastsMs: 15 * MINUTE, countsCodes: true });

export const policies: Readonly<Record<RealmCode, AccountPolicy>> = {
  alpine: {
    rules: {
      minLength: 10,
      maxLength: 64,
      required: [/\p{Lu}/u, /\p{Ll}/u, /\p{Nd}/u],
      allowed: /[^\p{C}]/u,
      maxConsecutive: 64,
      notation: 'minlength: 10; maxlength: 64; required: lower; required: upper; required: digit; allowed: ascii-printable;',
    },
    noReuseOf: 1,
    lockout: inARow(3),
    passwordLifetimeMs: null,
    asksForCode: false,
    changeEnds: 'others',
    keptUsername: (typed) => typed.trim(),
  },
  borealis: {
    rules: {
      minLength: 12,
      maxLength: 32,
      required: [UPPER, LOWER, DIGIT, /[-!@#$%^&*_]/],
      allowed: /[-A-Za-z0-9!@#$%^&*_]/,
      maxConsecutive: 2,
      notation: 'minlength: 12; maxlength: 32; required: lower; required: upper; required: digit; required: [-!@#$%^&*_]; max-consecutive: 2;',
    },
    noReuseOf: 1,
    lockout: inARow(5),
    passwordLifetimeMs: 90 * DAY,
    asksForCode: true,
    changeEnds: 'all',
    keptUsername: (typed) => typed.trim(),
  },
  cascade: {
    rules: {
      minLength: 8,
      maxLength: 12,
      required: [UPPER, LOWER, DIGIT],
      allowed: /[A-Za-z0-9#$@!]/,
      maxConsecutive: 12,
      notation: 'minlength: 8; maxlength: 12; required: lower; required: upper; required: digit; allowed: [#$@!];',
    },
    noReuseOf: 5,
    lockout: inARow(3),
    passwordLifetimeMs: null,
    asksForCode: false,
    changeEnds: 'none',
    keptUsername: (typed) => typed.trim().toUpperCase(),
  },
  delta: {
    rules: {
      minLength: 12,
      maxLength: 64,
      required: [UPPER, LOWER, DIGIT],
      allowed: /[\x20-\x7e]/,
      maxConsecutive: 64,
      notation: 'minlength: 12; maxlength: 64; required: lower; required: upper; required: digit; allowed: ascii-printable;',
    },
    noReuseOf: 1,
    lockout: inARow(3),
    passwordLifetimeMs: null,
    asksForCode: false,
    changeEnds: 'others',
    keptUsername: (typed) => typed.trim(),
  },
};
