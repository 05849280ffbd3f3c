import { z } from 'zod';
import { NAMED_HOST } from './named-host.ts';
import { exactlyOne, words } from './rules.ts';
import { type Target, targetSchema } from './target.ts';

/** Something that the page shows or does not show. Waiting is always for one of these, never for a time. */
export interface Condition {
  /** These words are visible in any frame of the page (case and spacing do not matter). */
  readonly text?: string | undefined;
  readonly visible?: Target | undefined;
  /** Not there, or not visible. */
  readonly gone?: Target | undefined;
  /** Visible and not disabled. */
  readonly enabled?: Target | undefined;
  /** Path of the page's address, below the base URL or whole, or on a named host: `/account/*`, `{idp}/**`. `*`: a segment or a part of one; `**`: anything. In version 1 `*`: anything. */
  readonly url?: string | undefined;
  /** A native dialog (`alert`, `confirm`, `prompt`) with these words was shown since the last press. */
  readonly dialog?: string | undefined;
  /** HTTP status of the page's last document. */
  readonly status?: number | undefined;
  /** Any request of the page since the last press was answered so; for pages that fetch instead of loading documents. */
  readonly response?:
    | {
        readonly url: string;
        readonly status: number;
        /** Default: any. Scripts often read, by `GET`, the same address that they write to. */
        readonly method?: string | undefined;
      }
    | undefined;
  readonly all?: readonly Condition[] | undefined;
  readonly any?: readonly Condition[] | undefined;
}

export const CONDITION_KINDS = ['text', 'visible', 'gone', 'enabled', 'url', 'dialog', 'status', 'response', 'all', 'any'] as const;

const several = z
  .array(z.lazy(() => conditionSchema))
  .min(1)
  .max(10);

const pathPattern = z.string().regex(new RegExp(`^(${NAMED_HOST})?[/*]\\S{0,300}$`), 'must be a path that starts with / or *, or with a named host');
const httpStatus = z.int().min(200).max(599);

export const conditionSchema: z.ZodType<Condition> = z
  .strictObject({
    text: words.optional().describe('Words that are visible in any frame'),
    visible: targetSchema.optional(),
    gone: targetSchema.optional().describe('Not there, or not visible'),
    enabled: targetSchema.optional().describe('Visible and not disabled'),
    url: pathPattern.optional().describe('Path of the page’s address, * for a segment, ** for anything'),
    dialog: words.optional().describe('Words of an alert or confirm since the last press'),
    status: httpStatus.optional().describe('HTTP status of the page’s document'),
    response: z
      .strictObject({ url: pathPattern, status: httpStatus, method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).optional() })
      .optional()
      .describe('Status of any answer to the page’s scripts since the last press'),
    all: several.optional(),
    any: several.optional(),
  })
  .superRefine((condition, context) => exactlyOne(condition, CONDITION_KINDS, context))
  .meta({ id: 'condition' });
