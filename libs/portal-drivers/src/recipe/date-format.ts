import { z } from 'zod';

/** What stands in a format for a part of a date, the longest first; everything else is the portal's own words. */
export const DATE_TOKEN = /YYYY|MMMM|MMM|MM|DD|HH|hh|mm|A/g;

/** How a date is written: `MM/DD/YYYY`. Which of two hours counts would be a guess, so every token stands there once. */
export const dateFormatSchema = z
  .string()
  .max(40)
  .regex(/^(?=.*YYYY)(?=.*MM)(?=.*DD)/, 'must contain YYYY, MM and DD')
  .superRefine(eachOnce(DATE_TOKEN, 'may stand there once (minutes are mm; a word such as AT is better written small)'));

/** Adds a problem for everything that `part` finds more than once; `hint` goes on after its name. */
export function eachOnce(part: RegExp, hint: string): (text: string, context: z.core.$RefinementCtx<string>) => void {
  return (text, context) => {
    const found: readonly string[] = text.match(part) ?? [];
    const again = new Set(found.filter((one, index) => found.indexOf(one) < index));
    if (again.size > 0) context.addIssue({ code: 'custom', message: `has ${[...again].join(' and ')} more than once: each ${hint}` });
  };
}
