import { z } from 'zod';
import { ROLES } from './roles.ts';
import { exactlyOne, words } from './rules.ts';

/** What a page says about a field by itself: the `autocomplete` tokens of the HTML standard, and the button that sends their form. */
const DECLARED = ['username', 'current-password', 'new-password', 'one-time-code', 'submit'] as const;
export type Declared = (typeof DECLARED)[number];

/** A frame by its name, its title, or a selector of the frame's element. */
export type FrameReference = string | { readonly title?: string | undefined; readonly css?: string | undefined };

/** An element of the page, found the way a person would: by its label, its role and name, its words; by name attribute or CSS where a page has neither. */
export interface Target {
  /** Text of the field's label, `aria-label` or `aria-labelledby`. */
  readonly label?: string | undefined;
  /** ARIA role, normally with `name`. */
  readonly role?: string | undefined;
  /** Accessible name; only with `role`. */
  readonly name?: string | undefined;
  /** Value of the `name` attribute of a form control. */
  readonly field?: string | undefined;
  readonly placeholder?: string | undefined;
  readonly css?: string | undefined;
  /** Words of the element itself. */
  readonly text?: string | undefined;
  /** What the page declares: see `declaredElements`. */
  readonly declared?: Declared | undefined;
  /** Whole text, case included (default true for `label`, `name` and `placeholder`, false for `text`). */
  readonly exact?: boolean | undefined;
  /** Which of several visible elements that fit, from 1. Default: there must be one only. */
  readonly nth?: number | undefined;
  /** Only inside this element (an in-page dialog, a table row). */
  readonly within?: Target | undefined;
  /** The frame, or the way of frames from the outermost. Default: the page itself. */
  readonly frame?: FrameReference | readonly FrameReference[] | undefined;
}

export const TARGET_KINDS = ['label', 'role', 'field', 'placeholder', 'css', 'text', 'declared'] as const;

const frameName = z.string().regex(/^[\w.:-]{1,60}$/, 'must be the name attribute of a frame');
const frameReference = z.union([
  frameName,
  z.strictObject({ title: words.optional(), css: words.optional() }).superRefine((frame, context) => exactlyOne(frame, ['title', 'css'], context)),
]);

export const targetSchema: z.ZodType<Target> = z
  .strictObject({
    label: words.optional().describe('Text of the field’s label'),
    role: z.enum(ROLES, 'must be an ARIA role, such as button or link').optional().describe('ARIA role, normally with name'),
    name: words.optional().describe('Accessible name; only with role'),
    field: words.optional().describe('The name attribute of a form control'),
    placeholder: words.optional(),
    css: words.optional().describe('CSS selector, for what has neither label nor words'),
    text: words.optional().describe('Words of the element itself'),
    declared: z.enum(DECLARED).optional().describe('The field that the page itself declares to be this'),
    exact: z.boolean().optional(),
    nth: z.int().min(1).max(100).optional().describe('Which of several visible ones, from 1'),
    within: z.lazy(() => targetSchema).optional(),
    frame: z.union([frameReference, z.array(frameReference).min(1).max(5)]).optional(),
  })
  .superRefine((target, context) => {
    exactlyOne(target, TARGET_KINDS, context);
    if (target.name !== undefined && target.role === undefined)
      context.addIssue({ code: 'custom', path: ['name'], message: 'is only possible together with role (use field for a name attribute)' });
    if (target.within?.frame !== undefined)
      context.addIssue({ code: 'custom', path: ['within', 'frame'], message: 'belongs to the element itself, not to what it is within' });
  })
  .meta({ id: 'element' });
