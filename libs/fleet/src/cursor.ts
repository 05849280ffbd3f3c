import type { AuditPlace, DayPlace, NoticePlace, TaskListPlace, WalkPlace } from '@rcm/db';
import { RcmError } from '@rcm/telemetry';
import { z } from 'zod';

/** A moment as Postgres wrote it. */
const moment = z
  .string()
  .max(64)
  .regex(/^[-0-9:.+ TZ]+$/);

/** What a place looks like in each list that has pages. */
export const loginPlaces: z.ZodType<WalkPlace> = z.strictObject({ key: moment.nullable(), id: z.string().max(63) });
export const taskPlaces: z.ZodType<TaskListPlace> = z.strictObject({ at: moment, id: z.uuid() });
export const noticePlaces: z.ZodType<NoticePlace> = z.strictObject({ at: moment, id: z.uuid() });
export const dayPlaces: z.ZodType<DayPlace> = z.strictObject({
  at: moment,
  id: z.string().max(63),
  kind: z
    .string()
    .max(32)
    .regex(/^[a-z_]+$/),
});
export const auditPlaces: z.ZodType<AuditPlace> = z.strictObject({ at: moment, seq: z.int().min(0) });

/** Where the next page begins, as one word that is given back as it is. */
export const cursorOf = (place: DayPlace | WalkPlace | TaskListPlace | NoticePlace | AuditPlace): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

/** Fails with `input_invalid`, naming the option. */
export function placeIn<P>(places: z.ZodType<P>, option: string, cursor: string): P {
  try {
    return places.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch (cause) {
    throw new RcmError('input_invalid', `${option} takes what the page before ended with, as it stands there. Nothing was done.`, { cause });
  }
}
