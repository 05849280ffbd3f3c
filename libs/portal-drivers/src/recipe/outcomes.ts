import { z } from 'zod';
import { type Condition, conditionSchema } from './condition.ts';
import { type DateNotice, dateNoticeSchema } from './date-notice.ts';
import { definedName } from './rules.ts';

export const LOGIN_WORDS = [
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
  /** For `accepted`: when the password expires. For `throttled` and `locked`: until when. */
  readonly date?: DateNotice | undefined;
  /** The portal shows this only after a correct password; see `PROVING`. */
  readonly proves_password?: true | undefined;
}

export interface ChangeWords {
  readonly when: Condition;
  readonly is: 'applied' | 'refused' | 'unknown';
  /** The portal's rule that the new password breaks (`too_long`, `reused`, …); with `refused`. */
  readonly rule?: string | undefined;
}

export interface TaskWords {
  readonly when: Condition;
  readonly is: 'found' | 'nothing_found' | 'logged_out' | 'unavailable';
}

/** Answers that may prove the password, where the recipe says that the portal gives them only after a correct one. */
const PROVING: readonly string[] = ['challenged', 'mfa_required', 'mfa_rejected', 'password_expired', 'change_forced'];
const DATED: readonly string[] = ['accepted', 'throttled', 'locked'];

const loginWordsSchema: z.ZodType<LoginWords> = z
  .strictObject({ when: conditionSchema, is: z.enum(LOGIN_WORDS), date: dateNoticeSchema.optional(), proves_password: z.literal(true).optional() })
  .superRefine((entry, context) => {
    if (entry.date && !DATED.includes(entry.is)) context.addIssue({ code: 'custom', path: ['date'], message: `is only possible with ${DATED.join(', ')}` });
    if (entry.proves_password && !PROVING.includes(entry.is))
      context.addIssue({ code: 'custom', path: ['proves_password'], message: `is only possible with ${PROVING.join(', ')}` });
  });

const changeWordsSchema: z.ZodType<ChangeWords> = z
  .strictObject({ when: conditionSchema, is: z.enum(['applied', 'refused', 'unknown']), rule: definedName.optional() })
  .superRefine((entry, context) => {
    if ((entry.is === 'refused') !== (entry.rule !== undefined))
      context.addIssue({ code: 'custom', path: ['rule'], message: 'belongs to refused, and refused needs it' });
  });

const taskWordsSchema: z.ZodType<TaskWords> = z.strictObject({ when: conditionSchema, is: z.enum(['found', 'nothing_found', 'logged_out', 'unavailable']) });

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
export const taskOutcomesSchema = listWith(taskWordsSchema, [['found'], ['nothing_found']]);
