import { z } from 'zod';
import { type Condition, conditionSchema } from './condition.ts';
import { type ToldDate, toldDateSchema } from './told-date.ts';
import { NAMED_HOST } from './named-host.ts';
import { deadline, exactlyOne, words } from './rules.ts';
import { type Declared, type Target, targetSchema } from './target.ts';
import { type Value, valueSchema } from './value.ts';

/** One thing done on the page: exactly one kind, and what may be said about any step. */
export interface Step {
  /** Path below the portal's base URL (`/.well-known/…`: at its origin) or on a named host (`{idp}/login`), or an address on a declared host. */
  readonly open?: string | undefined;
  /** Types into a field. Without `into`: the field that the page declares for this part of the credential. */
  readonly fill?: { readonly into?: Target | undefined; readonly with: Value } | undefined;
  /** Chooses an option of a select by its words or value. */
  readonly choose?: { readonly in: Target; readonly option: Value } | undefined;
  /** Ticks a check box or radio button. */
  readonly check?: Target | undefined;
  readonly press?: Target | undefined;
  /** Moves the pointer over an element, for menus that open so. */
  readonly hover?: Target | undefined;
  readonly key?: { readonly on: Target; readonly press: string } | undefined;
  /** Types a one-time code; where the login has no seed the login ends as `mfa_required`. */
  readonly totp?:
    | { readonly into?: Target | undefined; /** The portal asks for a code only after a correct password. */ readonly proves_password?: true | undefined }
    | undefined;
  readonly wait?: Condition | undefined;
  /** Notes when the password expires, where a page before the end of the login tells it. */
  readonly expiry?: ToldDate | undefined;
  /** Closes the tab that `opens_tab` opened; the page before it is worked with again. */
  readonly close_tab?: true | undefined;
  /** Steps for what appears only sometimes: done if `when` shows before the next step's element (or an outcome) does. */
  readonly optional?: { readonly when: Condition; readonly steps: readonly Step[] } | undefined;

  /** Name in the trace. Default: the kind and its element. */
  readonly name?: string | undefined;
  /** Milliseconds. Default: the recipe's `step_deadline_ms`. */
  readonly deadline_ms?: number | undefined;
  /** `true` marks the one `press` or `key` that sends the credentials of a login or a change; `from_here` the `fill` from which on the page may ask its server. */
  readonly submit?: true | 'from_here' | undefined;
  /** The press opens a new tab, in which the steps that follow work. */
  readonly opens_tab?: true | undefined;
  /** The native dialog that this step raises, and its answer. Any other dialog is dismissed. */
  readonly dialog?: { readonly answer: 'accept' | 'dismiss'; readonly text?: string | undefined } | undefined;
}

export const STEP_KINDS = ['open', 'fill', 'choose', 'check', 'press', 'hover', 'key', 'totp', 'wait', 'expiry', 'close_tab', 'optional'] as const;
export type StepKind = (typeof STEP_KINDS)[number];

/** Which kind a valid step is. */
export const stepKind = (step: Step): StepKind => STEP_KINDS.find((kind) => step[kind] !== undefined) ?? 'wait';

export const addressSchema = z
  .string()
  .regex(new RegExp(`^(\\/|${NAMED_HOST}\\/|https?:\\/\\/)\\S{0,500}$`), 'must be a path that starts with / or with a named host, or an http(s) address');

export const stepsSchema = z
  .array(z.lazy(() => stepSchema))
  .min(1)
  .max(40)
  .meta({ id: 'steps' });

const stepSchema: z.ZodType<Step> = z
  .strictObject({
    open: addressSchema.optional(),
    fill: z.strictObject({ into: targetSchema.optional(), with: valueSchema }).optional(),
    choose: z.strictObject({ in: targetSchema, option: valueSchema }).optional(),
    check: targetSchema.optional(),
    press: targetSchema.optional(),
    hover: targetSchema.optional(),
    key: z.strictObject({ on: targetSchema, press: z.string().regex(/^[A-Za-z0-9+]{1,30}$/, 'must be the name of a key, such as Enter') }).optional(),
    totp: z.strictObject({ into: targetSchema.optional(), proves_password: z.literal(true).optional() }).optional(),
    wait: conditionSchema.optional(),
    expiry: toldDateSchema.optional(),
    close_tab: z.literal(true).optional(),
    optional: z.strictObject({ when: conditionSchema, steps: stepsSchema }).optional(),
    name: words.optional(),
    deadline_ms: deadline.optional(),
    submit: z
      .literal([true, 'from_here'], 'must be true, or from_here')
      .optional()
      .describe('Marks the one press or key that sends the credentials, or the fill from which on the page may ask its server'),
    opens_tab: z.literal(true).optional(),
    dialog: z.strictObject({ answer: z.enum(['accept', 'dismiss']), text: words.optional() }).optional(),
  })
  .superRefine((step, context) => {
    exactlyOne(step, STEP_KINDS, context);
    const acts = step.press !== undefined || step.key !== undefined;
    const fromHere = step.submit === 'from_here';
    for (const key of ['submit', 'dialog', 'opens_tab'] as const) {
      if (step[key] && !acts && !(key === 'submit' && fromHere)) context.addIssue({ code: 'custom', path: [key], message: 'is only possible on press or key' });
    }
    if (fromHere && !step.fill)
      context.addIssue({ code: 'custom', path: ['submit'], message: 'must be true here: from_here belongs to the fill that types the secret' });
    if (step.fill && !step.fill.into && isNeverDeclared(step.fill.with))
      context.addIssue({
        code: 'custom',
        path: ['fill', 'into'],
        message: 'is needed: only username, password and new_password have fields that pages declare',
      });
  })
  .meta({ id: 'step' });

const DECLARED_FOR: Readonly<Record<string, Declared>> = { username: 'username', password: 'current-password', new_password: 'new-password' };

/** A misspelt part of the credential is told where it stands; it may be one that pages declare. */
const isNeverDeclared = (value: Value): boolean => value.credential === undefined || value.credential.startsWith('custom.');

/** What a page declares the field for a value to be; `null` where pages declare none. */
export const declaredFor = (value: Value): Declared | null => DECLARED_FOR[value.credential ?? ''] ?? null;
