import type { WalkPlace } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';

const placeSchema = z.strictObject({
  key: z
    .string()
    .max(64)
    .regex(/^[-0-9:.+ TZ]+$/)
    .nullable(),
  id: z.string().max(63),
});

/** Where the next page begins, as one word that is given back as it is. */
export const cursorOf = (place: WalkPlace): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/** Fails with `input_invalid`. */
export function placeOf(cursor: string): WalkPlace {
  try {
    return placeSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new RcmError('input_invalid', '--after takes what the page before ended with, as it stands there. Nothing was done.', { cause });
  }
}
