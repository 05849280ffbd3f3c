/**
 * Why a login, or the rotations of a portal type, wait: each cause in one wording, for `rcm`, the console and a rotator's status alike. What it is that waits stands beside it.
 */
export const WHY_WAITS = {
  retired: 'its organization uses it no more',
  notStored: 'its secret is not in the store yet',
  shared: 'it lies in several places, so nobody rotates it by itself',
  manual: 'a person changes passwords at the portal, and is told when',
  oldReaders: 'plaintext of it lies in a row that somebody may still read',
  coolingDown: 'the last one did not get through, and it cools down',
  forbidden: 'its terms let no program log in',
  undecided: 'nobody has decided whether its terms let a program log in',
  canary: 'the first of the day goes ahead alone',
  full: 'as many as may be at once are under way',
} as const;

const PAUSED = { all: 'everything is paused', portal_type: 'its portal type is paused', login: 'it is paused' } as const;

/** `scope`: of what a person has paused. */
export const pausedWhy = (scope: keyof typeof PAUSED, reason: string): string => `${PAUSED[scope]}: ${reason}`;

/** `cause`: of a breaker, as the books have it; `null`: they say none. */
export const stoppedWhy = (cause: string | null): string => `its portal’s breaker is open: ${cause?.replaceAll('_', ' ') ?? 'no cause is written down'}`;
