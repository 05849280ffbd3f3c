import { z } from 'zod';
import type { PortalCode } from '../portal-code.ts';
import type { Records } from './database.ts';
import { readSetting, writeSetting } from './settings.ts';

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
};

export const habitSchemas = {
  alpine: z.strictObject({ ...anywhere, cookieBanner: z.enum(['sometimes', 'always', 'never']).default('sometimes') }),
  borealis: z.strictObject({ ...anywhere, expiryNotice: z.boolean().default(true) }),
  cascade: z.strictObject({ ...anywhere, oneSessionPerAccount: z.boolean().default(false) }),
} as const satisfies Readonly<Record<PortalCode, z.ZodType>>;

export type Habits<P extends PortalCode> = z.infer<(typeof habitSchemas)[P]>;

export const habitsOf = <P extends PortalCode>(records: Records, portal: P): Habits<P> =>
  habitSchemas[portal].parse(readSetting(records, `habits/${portal}`) ?? {}) as Habits<P>;

/** Sets the named habits; those not named keep what they were. Throws zod's error for a habit the portal does not have. */
export function setHabits<P extends PortalCode>(records: Records, portal: P, habits: Readonly<Record<string, unknown>>): Habits<P> {
  const merged = habitSchemas[portal].parse({ ...habitsOf(records, portal), ...habits }) as Habits<P>;
  writeSetting(records, `habits/${portal}`, merged);
  return merged;
}
