import { z } from 'zod';
import { dateFormatSchema } from './date-format.ts';

/** How the words of a page become a value. */
export interface TypedText {
  /** Default `text`. `number` gives a number, `money` a decimal text (`-1234.50`), `date` `YYYY-MM-DD`. */
  readonly type?: 'text' | 'number' | 'money' | 'date' | undefined;
  /** How a `date` is written: `MM/DD/YYYY`. */
  readonly format?: string | undefined;
  /** Decimal sign of `number` and `money`. Default `.`. */
  readonly decimal?: '.' | ',' | undefined;
  /** May be empty or not there: then it is `null`. Default: an empty number, money or date is an error. */
  readonly may_be_empty?: boolean | undefined;
}

export const typedTextShape = {
  type: z.enum(['text', 'number', 'money', 'date']).optional(),
  format: dateFormatSchema.optional(),
  decimal: z.enum(['.', ',']).optional(),
  may_be_empty: z.boolean().optional(),
};

/** `format` belongs to a date and a date needs it; `decimal` belongs to numbers. */
export function checkTypedText(typed: TypedText, context: z.core.$RefinementCtx): void {
  const problem = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message });
  if ((typed.type === 'date') !== (typed.format !== undefined)) problem('format', 'belongs to type date, and a date needs it');
  if (typed.decimal !== undefined && typed.type !== 'number' && typed.type !== 'money') problem('decimal', 'belongs to type number or money');
}
