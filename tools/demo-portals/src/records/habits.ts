import { z } from 'zod';
import type { RealmCode } from '../portal-code.ts';
import type { Records } from './database.ts';
import { cellHabits, listHabits, tellings } from './list-habits.ts';
import { lockoutSchema } from './lockout.ts';
import { readSetting, writeSetting } from './settings.ts';

/** From and until as ISO times on the portals' clock; `until` is the first moment at which it is open again. */
const closedHoursSchema = z.strictObject({ from: z.iso.datetime(), until: z.iso.datetime() });

/**
 * Habits a portal can be told to take on or drop while it runs. A new one is a field here with the default a portal has by
 * itself, read where the page acts on it; nothing else needs to know.
 */
/** What any portal may do. */
const anywhere = {
  /** So long after a change the new password is refused, in ms: it is not known everywhere yet. */
  newPasswordAfterMs: z.int().min(0).default(0),
  /** Closed for maintenance, and the sign-in page says that the password is wrong. Nothing is counted. */
  closedSaysWrong: z.boolean().default(false),
  /** The same, at these times. */
  closedFor: z.array(closedHoursSchema).max(100).default([]),
  /** How the portal locks. Null: by its own policy. */
  lockout: lockoutSchema.nullable().default(null),
  /** An account that nobody has signed in to for so long, in ms, is disabled: it reads as one that only support unlocks. Null: none is. */
  dormantAfterMs: z.int().min(1).nullable().default(null),
  /** A locked account reads like a wrong password, or at the code like a wrong code. */
  oneText: z.boolean().default(false),
  /**
   * A new password is cut to so many characters, and the portal says that it was changed. What is typed is compared whole, so
   * only the first characters are the password from then on. Null: kept whole.
   */
  keepsFirst: z.int().min(1).max(64).nullable().default(null),
  /** Passwords are compared without regard to case, those of before as well. */
  foldsCase: z.boolean().default(false),
  /** Whether the new password was used before is looked at before the current one: a change sent twice then reads `used_before`. */
  reuseBeforeCurrent: z.boolean().default(false),
};

const habitSchemas = {
  alpine: z.strictObject({
    ...anywhere,
    cookieBanner: z.enum(['sometimes', 'always', 'never']).default('sometimes'),
    /** The current password is asked for on a page of its own before a change; a wrong one counts like a wrong login. */
    confirmsFirst: z.boolean().default(false),
    /** The page of a change asks the server what it thinks of a new password while it is typed, and its button waits for the answer. */
    asksOpinion: z.boolean().default(false),
    claimsList: z.enum(listHabits).default('pages'),
    claimsTold: z.enum(tellings).default('truth'),
    claimsCells: z.enum(cellHabits).default('plain'),
    /** The claims that were found can be had as files, too. */
    exports: z.boolean().default(false),
    /** The sign-in page is `at` another address (a door), and leads back to `home`. Null: where the rest is. */
    signIn: z.strictObject({ at: z.url(), home: z.url() }).nullable().default(null),
  }),
  borealis: z.strictObject({
    ...anywhere,
    expiryNotice: z.boolean().default(true),
    /** A change of the password asks for a code, too, of an account that has any. */
    changeAsksCode: z.boolean().default(false),
    /** A code that is sent is good to the end of its day in New York, for any number of logins; each of them has the same message sent again, or the first alone. */
    dayCodes: z.enum(['none', 'sent_once', 'sent_again']).default('none'),
  }),
  cascade: z.strictObject({ ...anywhere, oneSessionPerAccount: z.boolean().default(false) }),
  /** `movedTo`: applications lead there to sign in, and no longer to the provider's address. Null: it has not moved. */
  delta: z.strictObject({ ...anywhere, movedTo: z.url().nullable().default(null) }),
} as const satisfies Readonly<Record<RealmCode, z.ZodType>>;

export type Habits<P extends RealmCode> = z.infer<(typeof habitSchemas)[P]>;

/** What may be set: any of the habits, those not named stay as they are. */
export type HabitSettings<P extends RealmCode> = Partial<z.input<(typeof habitSchemas)[P]>>;

export const habitsOf = <P extends RealmCode>(records: Records, portal: P): Habits<P> =>
  habitSchemas[portal].parse(readSetting(records, `habits/${portal}`) ?? {}) as Habits<P>;

/** Sets the named habits; those not named keep what they were. Throws zod's error for a habit the portal does not have. */
export function setHabits<P extends RealmCode>(records: Records, portal: P, habits: Readonly<Record<string, unknown>>): Habits<P> {
  const merged = habitSchemas[portal].parse({ ...habitsOf(records, portal), ...habits }) as Habits<P>;
  writeSetting(records, `habits/${portal}`, merged);
  return merged;
}
