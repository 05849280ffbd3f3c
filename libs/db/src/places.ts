import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';
import type { AuditPlace } from './fleet/list-audit.ts';
import type { DayPlace } from './fleet/month.ts';
import type { WalkPlace } from './fleet/walk.ts';
import type { NotificationPlace } from './notifications/told.ts';
import type { UnnamedPlace } from './secret-places/unnamed.ts';
import type { TaskListPlace } from './tasks/list.ts';

/** An instant as Postgres wrote it. */
const instant = z
  .string()
  .max(64)
  .regex(/^[-0-9:.+ TZ]+$/);

/** What a place looks like in each list that has pages. */
export const loginPlaces: z.ZodType<WalkPlace> = z.strictObject({ key: instant.nullable(), id: z.string().max(63) });
export const taskPlaces: z.ZodType<TaskListPlace> = z.strictObject({ at: instant, id: z.uuid() });
export const notificationPlaces: z.ZodType<NotificationPlace> = z.strictObject({ at: instant, id: z.uuid() });
export const dayPlaces: z.ZodType<DayPlace> = z.strictObject({
  at: instant,
  id: z.string().max(63),
  kind: z
    .string()
    .max(32)
    .regex(/^[a-z_]+$/),
});
export const unnamedPlaces: z.ZodType<UnnamedPlace> = z.strictObject({ endpointId: z.string().max(63), place: z.string().max(200) });
export const auditPlaces: z.ZodType<AuditPlace> = z.strictObject({ at: instant, seq: z.int().min(0) });

/** Where the next page begins, as one word that is given back as it is. */
export const cursorOf = (place: DayPlace | WalkPlace | TaskListPlace | NotificationPlace | AuditPlace | UnnamedPlace): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** The place that such a word names; `null`: it is none that a page ended with. */
export function placeOf<P>(places: z.ZodType<P>, cursor: string): P | null {
  try {
    return places.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    return null;
  }
}

/** The same for a person. Fails with `input_invalid`, naming the option. */
export function placeIn<P>(places: z.ZodType<P>, option: string, cursor: string): P {
  const place = placeOf(places, cursor);
  if (place === null) throw new RcmError('input_invalid', `${option} takes what the page before ended with, as it stands there. Nothing was done.`);
  return place;
}
