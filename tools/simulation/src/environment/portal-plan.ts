import type { NewPortalType } from '@rcm/db';
import { CHANGE_ANSWERS, type ChangeAnswer, type PortalHabits } from '../portal/habits.ts';
import type { LockoutRules } from '../portal/lockout.ts';
import type { Random } from '../time/random.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** So many portals take longer than the platform was told. */
const SLOW = 0.1;

/** One sign-in, and the doors that lead to it. */
export interface PortalPlan {
  readonly realm: string;
  readonly habits: PortalHabits;
  readonly doors: readonly DoorPlan[];
}

export interface DoorPlan {
  readonly host: string;
  /** What the platform was told of the portal. */
  readonly type: NewPortalType;
  /** The recipe says that what the portal asks for after a right password proves it. */
  readonly provesPassword: boolean;
}

/** How a portal locks in truth, and which share of it the platform leaves to people. */
interface Told {
  readonly rules: LockoutRules;
  readonly threshold: number;
  readonly margin: number;
}

function lockout(random: Random): Told {
  const counts = random.weighted({ consecutive: 5, window: 3, until_unlocked: 1.5 });
  const margin = random.between(1, 2);
  // A rotation needs two failures of ours.
  const threshold = random.between(2 + margin, 4 + margin);
  const windowMs =
    counts === 'window' ? random.pick([HOUR_MS, 2 * HOUR_MS, DAY_MS]) : counts === 'consecutive' ? random.pick([null, 15 * MINUTE_MS, 2 * HOUR_MS]) : null;
  const lastsMs = counts === 'until_unlocked' ? null : random.pick([15 * MINUTE_MS, HOUR_MS, null]);
  // Somebody wrote down one too many. Our share is the same, so it costs people theirs and not us the account.
  const isLower = margin === 2 && random.chance(0.25);
  return { rules: { counts, threshold: isLower ? threshold - 1 : threshold, windowMs, lastsMs, countsCodes: random.chance(0.7) }, threshold, margin };
}

function changes(random: Random): PortalHabits['changes'] {
  const weights: Partial<Record<ChangeAnswer, number>> = { made: 12 };
  const habits = random.weighted({ honest: 4, clumsy: 4, anything: 2 });
  if (habits === 'honest') return weights;
  for (const answer of CHANGE_ANSWERS) if (answer !== 'made' && random.chance(habits === 'clumsy' ? 0.25 : 0.7)) weights[answer] = random.between(1, 4);
  return weights;
}

/** How long it takes in truth until every part of a portal knows a new password. Whoever wrote the portal type down may have believed too little of it. */
function truly(random: Random, toldMs: number): number {
  const within = random.chance(0.5) ? 0 : random.between(0, Math.floor(toldMs * 0.9));
  const slow = random.of('propagates slowly');
  return slow.chance(SLOW) ? slow.span(toldMs, 12 * HOUR_MS) : within;
}

/** What a wrong current password costs there, and which part of the portal looks at it. */
const formOfAChange = (random: Random): Pick<PortalHabits, 'countsCurrent' | 'changeMeetsAnyPart'> => ({
  countsCurrent: random.chance(0.6),
  changeMeetsAnyPart: random.chance(0.5),
});

/** A portal out of every habit that was ever met, in any combination, and what its portal types say of it. */
export function portalPlan(random: Random, realm: string): PortalPlan {
  const told = lockout(random.of('lockout'));
  const propagationDelayMs = random.pick([30 * SECOND_MS, 2 * MINUTE_MS, 10 * MINUTE_MS]);
  const expiresAfterMs = random.chance(0.25) ? random.pick([3, 4, 6]) * DAY_MS : null;
  const historyTold = random.chance(0.3) ? 3 : 0;
  const habits: PortalHabits = {
    lockout: told.rules,
    oneText: random.chance(0.3),
    tellsUntil: random.chance(0.5),
    keepsFirst: random.chance(0.15) ? random.pick([8, 10, 12, 14, 16]) : null,
    foldsCase: random.chance(0.1),
    propagationDelayMs: truly(random, propagationDelayMs),
    whilePropagating: random.chance(0.5) ? 'old or new' : 'neither or new',
    asksForCode: random.chance(0.3),
    codeSkew: 1,
    history: random.chance(0.2) ? 3 : historyTold,
    historyFirst: random.chance(0.5),
    ...formOfAChange(random.of('the form of a change')),
    expiresAfterMs,
    changes: changes(random.of('changes')),
    lateMs: random.between(SECOND_MS, Math.floor(propagationDelayMs * 0.9)),
    longAfterMs: random.span(20 * MINUTE_MS, 30 * HOUR_MS),
  };
  const doors = random.chance(0.3) ? ['www', 'app'] : ['www'];
  const { rules, threshold, margin } = told;
  const type = (door: string): NewPortalType => ({
    ...{
      code: `${realm}-${door}`,
      name: `${realm} ${door}`,
      hosts: [`${door}.${realm}.example`],
      driver: 'recipe',
      recipe: { door },
      rotationMode: 'automatic',
    },
    passwordRules: `minlength: 12; maxlength: ${random.pick([16, 20])}; required: upper; required: lower; required: digit; history: ${historyTold}`,
    ...{ rotationIntervalDays: random.between(1, 3), rotationSpreadDays: random.pick([0, 1]), lockoutThreshold: threshold, lockoutMargin: margin },
    ...{
      lockoutCounts: rules.counts,
      lockoutWindowSeconds: seconds(rules.windowMs),
      lockoutLastsSeconds: seconds(rules.lastsMs),
      lockoutCountsCodes: rules.countsCodes,
    },
    ...{
      accountRealm: realm,
      usernameCase: 'exact',
      propagationDelayMs,
      totpSkew: random.between(0, 1),
      totpPeriodSeconds: 30,
      maxSessionsPerAccount: 3,
      maxConcurrency: 3,
    },
    passwordExpiresDays: expiresAfterMs !== null && random.chance(0.5) ? expiresAfterMs / DAY_MS : null,
    expiryHeadStartDays: 1,
  });
  // A recipe that knows the portal's own form for a new password has been seen behind the old one.
  const provesPassword = expiresAfterMs !== null || random.chance(0.7);
  return { realm, habits, doors: doors.map((door) => ({ host: `${door}.${realm}.example`, type: type(door), provesPassword })) };
}

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / SECOND_MS);
