import { z } from 'zod';
import { exactlyOne, words } from './rules.ts';
import { type Target, targetSchema } from './target.ts';

/** Something that the page shows or does not show. Waiting is always for one of these, never for a time. */
export interface Condition {
  /** These words are visible in any frame of the page (case and spacing do not matter). */
  readonly text?: string | undefined;
  readonly visible?: Target | undefined;
  /** Not there, or not visible. */
  readonly gone?: Target | undefined;
  /** Path of the page's address, `*` for any run of characters: `/account/*`. */
  readonly url?: string | undefined;
  /** A native dialog (`alert`, `confirm`, `prompt`) with these words was shown since the last submit. */
  readonly dialog?: string | undefined;
  /** HTTP status of the page's last document. */
  readonly status?: number | undefined;
  readonly all?: readonly Condition[] | undefined;
  readonly any?: readonly Condition[] | undefined;
}

export const CONDITION_KINDS = ['text', 'visible', 'gone', 'url', 'dialog', 'status', 'all', 'any'] as const;

const several = z
  .array(z.lazy(() => conditionSchema))
  .min(1)
  .max(10);

export const conditionSchema: z.ZodType<Condition> = z
  .strictObject({
    text: words.optional(),
    visible: targetSchema.optional(),
    gone: targetSchema.optional(),
    url: z
      .string()
      .regex(/^[/*]\S{0,300}$/, 'must be a path that starts with / or *')
      .optional(),
    dialog: words.optional(),
    status: z.int().min(200).max(599).optional(),
    all: several.optional(),
    any: several.optional(),
  })
  .superRefine((condition, context) => exactlyOne(condition, CONDITION_KINDS, context));
