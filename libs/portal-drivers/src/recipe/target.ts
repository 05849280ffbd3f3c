import { z } from 'zod';
import { exactlyOne, words } from './rules.ts';

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
  readonly css?: string | undefined;
  /** Words of the element itself. */
  readonly text?: string | undefined;
  /** Whole text, case included (default true for `label` and `name`, false for `text`). */
  readonly exact?: boolean | undefined;
  /** Only inside this element (an in-page dialog, a table row). */
  readonly within?: Target | undefined;
  /** Name of the frame, or the way of names from the outermost. Default: the page itself. */
  readonly frame?: string | readonly string[] | undefined;
}

export const TARGET_KINDS = ['label', 'role', 'field', 'css', 'text'] as const;

const frameName = z.string().regex(/^[\w.:-]{1,60}$/, 'must be the name attribute of a frame');

export const targetSchema: z.ZodType<Target> = z
  .strictObject({
    label: words.optional(),
    role: z
      .string()
      .regex(/^[a-z]{2,30}$/, 'must be an ARIA role')
      .optional(),
    name: words.optional(),
    field: words.optional(),
    css: words.optional(),
    text: words.optional(),
    exact: z.boolean().optional(),
    within: z.lazy(() => targetSchema).optional(),
    frame: z.union([frameName, z.array(frameName).min(1).max(5)]).optional(),
  })
  .superRefine((target, context) => {
    exactlyOne(target, TARGET_KINDS, context);
    if (target.name !== undefined && target.role === undefined)
      context.addIssue({ code: 'custom', path: ['name'], message: 'is only possible together with role (use field for a name attribute)' });
    if (target.within?.frame !== undefined)
      context.addIssue({ code: 'custom', path: ['within', 'frame'], message: 'belongs to the element itself, not to what it is within' });
  });
