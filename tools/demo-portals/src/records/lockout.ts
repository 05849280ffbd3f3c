import { z } from 'zod';

/** More wrong tries than a portal keeps would never be counted. */
export const MAX_THRESHOLD = 100;

/** How a portal locks an account; times in ms. What each way of counting means is in accounts/lockout.ts. */
export const lockoutSchema = z
  .strictObject({
    counts: z.enum(['consecutive', 'window', 'until_unlocked']),
    /** The wrong try that makes so many locks the account. */
    threshold: z.int().min(1).max(MAX_THRESHOLD),
    /** Older wrong tries do not count. Null: they count however old they are. */
    windowMs: z.int().min(1).nullable(),
    /** Null: the lock stays until support lifts it. */
    lastsMs: z.int().min(1).nullable(),
    /** Whether a wrong one-time code counts like a wrong password. */
    countsCodes: z.boolean(),
  })
  .refine(({ counts, windowMs }) => counts !== 'window' || windowMs !== null, {
    path: ['windowMs'],
    message: 'must be given where the portal counts in a window',
  })
  .refine(({ counts, windowMs }) => counts !== 'until_unlocked' || windowMs === null, {
    path: ['windowMs'],
    message: 'must be null where only support wipes out',
  });

export type Lockout = z.infer<typeof lockoutSchema>;
