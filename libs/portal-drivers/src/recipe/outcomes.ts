import { z } from 'zod';
import { type Condition, conditionSchema } from './condition.ts';
import { type ToldDate, toldDateSchema } from './told-date.ts';
import { definedName } from './rules.ts';

const LOGIN_WORDS = [
  'accepted',
  'rejected',
  'rejected_or_locked',
  'locked',
  'throttled',
  'challenged',
  'mfa_required',
  'mfa_rejected',
  'password_expired',
  'change_forced',
  'unavailable',
] as const;

/** What may end a login before its submit: the portal says that it takes no login now. Everything else needs a submit. */
export const BEFORE_SUBMIT: readonly string[] = ['unavailable', 'throttled', 'challenged', 'locked'];

export interface LoginWords {
  readonly when: Condition;
  readonly is: (typeof LOGIN_WORDS)[number];
  /** For `accepted`: when the password expires. For the others: until when. */
  readonly date?: ToldDate | undefined;
  /** The portal shows this only after a correct password; see `PROVING`. */
  readonly proves_password?: true | undefined;
}

export interface ChangeWords {
  readonly when: Condition;
  readonly is: 'applied' | 'refused' | 'unknown';
  /** The portal's rule that the new password breaks (`too_long`, `reused`, …); with `refused`. */
  readonly rule?: string | undefined;
  /** For `refused`: until when, where the portal would take another change then. */
  readonly date?: ToldDate | undefined;
}

/** What a page shows that asks for the current password before a change. */
export interface ConfirmWords {
  readonly when: Condition;
  readonly is: 'confirmed' | 'refused' | 'locked' | 'unknown';
  /** With `refused`: `current_wrong`, or what else was wrong. */
  readonly rule?: string | undefined;
  /** For `locked` and `refused`: until when. */
  readonly date?: ToldDate | undefined;
}

export interface TaskWords {
  readonly when: Condition;
  readonly is: 'found' | 'nothing_found' | 'logged_out' | 'unavailable';
  /** For `unavailable`: until when. */
  readonly date?: ToldDate | undefined;
}

/** Answers that may prove the password, where the recipe says that the portal gives them only after a correct one. */
const PROVING: readonly string[] = ['challenged', 'mfa_required', 'mfa_rejected', 'password_expired', 'change_forced'];
/** Those of version 1. */
export const FIRST_DATED: readonly string[] = ['accepted', 'throttled', 'locked'];
const DATED: readonly string[] = [...FIRST_DATED, 'rejected_or_locked', 'challenged', 'mfa_required', 'mfa_rejected', 'unavailable'];

const loginWordsSchema: z.ZodType<LoginWords> = z
  .strictObject({ when: conditionSchema, is: z.enum(LOGIN_WORDS), date: toldDateSchema.optional(), proves_password: z.literal(true).optional() })
  .superRefine((entry, context) => {
    checkDated(entry, DATED, context);
    if (entry.proves_password && !PROVING.includes(entry.is))
      context.addIssue({ code: 'custom', path: ['proves_password'], message: `is only possible with ${PROVING.join(', ')}` });
  });

interface MayBeDated {
  readonly is: string;
  readonly date?: ToldDate | undefined;
}

export const onlyWith = (dated: readonly string[]): string => `is only possible with ${dated.join(', ')}`;

function checkDated(entry: MayBeDated, dated: readonly string[], context: z.core.$RefinementCtx): void {
  if (entry.date && !dated.includes(entry.is)) context.addIssue({ code: 'custom', path: ['date'], message: onlyWith(dated) });
}

function checkRule(entry: { readonly is: string; readonly rule?: string | undefined }, context: z.core.$RefinementCtx): void {
  if ((entry.is === 'refused') !== (entry.rule !== undefined))
    context.addIssue({ code: 'custom', path: ['rule'], message: 'belongs to refused, and refused needs it' });
}

const changeWordsSchema: z.ZodType<ChangeWords> = z
  .strictObject({ when: conditionSchema, is: z.enum(['applied', 'refused', 'unknown']), rule: definedName.optional(), date: toldDateSchema.optional() })
  .superRefine((entry, context) => {
    checkRule(entry, context);
    checkDated(entry, ['refused'], context);
  });

const confirmWordsSchema: z.ZodType<ConfirmWords> = z
  .strictObject({
    when: conditionSchema,
    is: z.enum(['confirmed', 'refused', 'locked', 'unknown']),
    rule: definedName.optional(),
    date: toldDateSchema.optional(),
  })
  .superRefine((entry, context) => {
    checkRule(entry, context);
    checkDated(entry, ['locked', 'refused'], context);
  });

const taskWordsSchema: z.ZodType<TaskWords> = z
  .strictObject({ when: conditionSchema, is: z.enum(['found', 'nothing_found', 'logged_out', 'unavailable']), date: toldDateSchema.optional() })
  .superRefine((entry, context) => checkDated(entry, ['unavailable'], context));

const listWith = <T extends { readonly is: string }>(entry: z.ZodType<T>, needed: readonly (readonly string[])[]) =>
  z
    .array(entry)
    .min(1)
    .max(60)
    .superRefine((list, context) => {
      for (const choice of needed) {
        if (!list.some((item) => choice.includes(item.is))) context.addIssue({ code: 'custom', message: `must say what shows ${choice.join(' or ')}` });
      }
    });

export const loginOutcomesSchema = listWith(loginWordsSchema, [['accepted'], ['rejected', 'rejected_or_locked']]);
export const changeOutcomesSchema = listWith(changeWordsSchema, [['applied']]);
export const confirmOutcomesSchema = listWith(confirmWordsSchema, [['confirmed'], ['refused']]);
export const taskOutcomesSchema = listWith(taskWordsSchema, [['found'], ['nothing_found']]);
