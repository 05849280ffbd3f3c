import { z } from 'zod';
import { type Target, targetSchema } from './target.ts';

/** Something that may come up over any page at any time (a late cookie banner, a survey), and what puts it away. */
export interface Interruption {
  readonly shows: Target;
  readonly press: Target;
}

export const interruptionsSchema: z.ZodType<readonly Interruption[]> = z
  .array(z.strictObject({ shows: targetSchema, press: targetSchema }))
  .min(1)
  .max(10);
