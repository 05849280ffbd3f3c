import { z } from 'zod';
import { exactlyOne } from './rules.ts';
import { nearestWord } from './suggestion.ts';
import { isZone } from './time-zone.ts';

/** No portal is known whose codes are good for longer. */
const MOST_HOURS = 24;
const HOUR_MS = 3_600_000;
/** Midnights lie on quarters of an hour, wherever a clock is set. */
const QUARTER_MS = 900_000;

const zoneSchema = z
  .string()
  .max(60)
  .superRefine((zone, context) => {
    if (isZone(zone)) return;
    const suggestion = nearestWord(zone, Intl.supportedValuesOf('timeZone'));
    context.addIssue({ code: 'custom', message: 'must be a time zone such as America/New_York', params: { suggestion } });
  });

/** For how long a code that the portal has sent is good, for other logins of the account, too. */
export const codeLifeSchema = z
  .strictObject({
    hours: z.int().min(1).max(MOST_HOURS).optional().describe('So many hours after it was sent.'),
    day: zoneSchema.optional().describe('To the end of the day, in the time zone of the portal.'),
  })
  .superRefine((life, context) => exactlyOne(life, ['hours', 'day'], context));

export type CodeLife = z.infer<typeof codeLifeSchema>;

/** When a code ends that is sent at that time. Where the clocks are put back over midnight the day ends at the first one. */
export function endOfCode({ hours, day }: CodeLife, sentAt: Date): Date {
  if (day === undefined) return new Date(sentAt.getTime() + (hours ?? 0) * HOUR_MS);
  const date = new Intl.DateTimeFormat('en-CA', { timeZone: day, dateStyle: 'short' });
  const today = date.format(sentAt);
  let end = Math.floor(sentAt.getTime() / QUARTER_MS + 1) * QUARTER_MS;
  while (date.format(end) === today) end += QUARTER_MS;
  return new Date(end);
}
