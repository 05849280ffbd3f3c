import { z } from 'zod';
import { dateFormatSchema, eachOnce } from './date-format.ts';
import { exactlyOne, words } from './rules.ts';
import { isZone } from './time-zone.ts';
import { type Target, targetSchema } from './target.ts';

/** A moment that a portal tells: a date on the page, a span of time in its words, or a span that its manual gives. */
export interface ToldDate {
  /** Where it is written. Default: anywhere on the page. */
  readonly in?: Target | undefined;
  /** How the date is written: `YYYY MM DD HH mm`, `hh` with `A`, `MMM` (Jan), `MMMM` (January). */
  readonly format?: string | undefined;
  /** Words around a span of time: `expires in {days} days`, `wait {minutes}:{seconds}`. */
  readonly words?: string | undefined;
  /** A fixed span, where the page tells none. */
  readonly minutes?: number | undefined;
  /** Time zone of `format` as IANA names it. Default UTC. */
  readonly zone?: string | undefined;
}

const SPAN = /\{(seconds|minutes|hours|days)\}/;
const SPANS = new RegExp(SPAN, 'g');

export const toldDateSchema: z.ZodType<ToldDate> = z
  .strictObject({
    in: targetSchema.optional().describe('Where it is written; default: anywhere on the page'),
    format: dateFormatSchema.optional().describe('YYYY MM DD HH mm, hh with A, MMM (Jan), MMMM (January)'),
    words: words.regex(SPAN, 'must contain {seconds}, {minutes}, {hours} or {days}').superRefine(eachOnce(SPANS, 'may stand there once')).optional(),
    minutes: z.int().min(1).max(100_000).optional(),
    zone: z.string().max(60).refine(isZone, 'must be a time zone such as America/New_York').optional(),
  })
  .superRefine((told, context) => {
    exactlyOne(told, ['format', 'words', 'minutes'], context);
    if (told.zone !== undefined && told.format === undefined) context.addIssue({ code: 'custom', path: ['zone'], message: 'belongs to format' });
    if (told.minutes !== undefined && told.in !== undefined) context.addIssue({ code: 'custom', path: ['in'], message: 'belongs to format or words' });
  })
  .meta({ id: 'date' });
