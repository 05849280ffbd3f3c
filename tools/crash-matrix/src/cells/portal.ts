import type { PortalCode } from '@rcm/test-environment';

/** What kind of portal the login is at. */
export const PORTALS = ['plain', 'codes', 'one-text', 'cutting'] as const;
export type Portal = (typeof PORTALS)[number];

export interface PortalFacts {
  /** In words, for the table. */
  readonly meaning: string;
  /** Which demo portal plays it. */
  readonly code: PortalCode;
  /** Of a new password it keeps so many characters, without a word; `null`: all. Such a portal is cutting for all its accounts. */
  readonly keepsFirst: number | null;
  /** After the fault a person who uses the same account mistypes until it is locked, and again, until a rotator has met the lock. */
  readonly isLockedByPerson: boolean;
  /** Refused logins in a row that may be ours: the portal's threshold, less the one that locks and the margin of 1 for people. */
  readonly budget: number;
}

export const PORTAL_FACTS: Readonly<Record<Portal, PortalFacts>> = {
  plain: { meaning: 'a name and a password', code: 'alpine', keepsFirst: null, isLockedByPerson: false, budget: 2 },
  codes: { meaning: 'a one-time code at each login', code: 'borealis', keepsFirst: null, isLockedByPerson: false, budget: 4 },
  'one-text': {
    meaning: 'one text for wrong and locked, and a person locks the account until the next rotator has met the lock',
    code: 'cascade',
    keepsFirst: null,
    isLockedByPerson: true,
    budget: 2,
  },
  cutting: { meaning: 'says "changed" and keeps the first 14 characters', code: 'alpine', keepsFirst: 14, isLockedByPerson: false, budget: 2 },
};
