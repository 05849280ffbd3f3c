import type { TaskListPlace } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';

const placeSchema = z.strictObject({
  at: z
    .string()
    .max(64)
    .regex(/^[-0-9:.+ TZ]+$/),
  id: z.uuid(),
});

/** Where the next page begins, as one word that is given back as it is. */
export const cursorOf = (place: TaskListPlace): string => Buffer.from(JSON.stringify(place)).toString('base64url');

/** Fails with `request_invalid`. */
export function placeOf(cursor: string): TaskListPlace {
  try {
    return placeSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new RcmError('request_invalid', 'The query is not as /v1/openapi.json says: after takes what the page before ended with.', { cause });
  }
}
