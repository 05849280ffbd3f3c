import { z } from 'zod';
import type { HostAddress } from '../network/address.ts';
import type { DeclaredHost } from '../network/declared-host.ts';
import { conditionSchema } from './condition.ts';
import { interruptionsSchema } from './interruption.ts';
import { changeOutcomesSchema, loginOutcomesSchema } from './outcomes.ts';
import { plainChange, plainLogin, plainSession } from './plain.ts';
import { deadline, definedName, words } from './rules.ts';
import { sentCodesSchema } from './sent-codes.ts';
import { addressSchema, stepsSchema } from './step.ts';
import { taskSchema } from './task.ts';
import { checkUse } from './use.ts';

const sessionSchema = z.strictObject({
  /** Page that tells whether the session still holds. */
  open: addressSchema.optional(),
  logged_in: conditionSchema.optional(),
  logged_out: conditionSchema.optional(),
});

/** `open` is for the plain steps that are followed where no steps are given. */
const startOrSteps = { open: addressSchema.optional(), steps: stepsSchema.optional() };

function notBoth(part: { readonly open?: unknown; readonly steps?: unknown }, context: z.core.$RefinementCtx): void {
  if (part.open !== undefined && part.steps !== undefined)
    context.addIssue({ code: 'custom', path: ['open'], message: 'belongs to a part without steps; begin the steps with open instead' });
}

const loginSchema = z.strictObject({ ...startOrSteps, outcomes: loginOutcomesSchema }).superRefine(notBoth);

/** Whether the login that made the change goes on afterwards. Default: not known, and not relied on. */
const survives = z.enum(['kept', 'ended']).optional();
const changeSchema = z.strictObject({ ...startOrSteps, outcomes: changeOutcomesSchema, session: survives }).superRefine(notBoth);
/** Where a forced change has a form of its own; it begins on the page that the login ended on. */
const forcedChangeSchema = z.strictObject({ steps: stepsSchema, outcomes: changeOutcomesSchema, session: survives });

const host = z.string().regex(/^[a-z0-9.-]{1,253}(:\d{1,5})?$/, 'must be a host, or host:port');

/** A portal as its file says it. */
export const recipeFileSchema = z.strictObject({
  version: z.literal(1, 'must be 1, the version of the recipe format'),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes'),
  description: words.optional(),
  /** Hosts beside the portal's own that its pages need. They may receive what is typed, so the portal type must declare them too. */
  hosts: z.array(host).max(20).optional(),
  /** Milliseconds a step may take that says nothing else. */
  step_deadline_ms: deadline.default(10_000),
  interruptions: interruptionsSchema.optional(),
  session: sessionSchema.optional(),
  login: loginSchema,
  change: changeSchema.optional(),
  forced_change: forcedChangeSchema.optional(),
  logout: z.strictObject({ steps: stepsSchema, done: conditionSchema }).optional(),
  /** What the portal's text messages and mails with codes look like; without it, none is read. */
  codes: sentCodesSchema.optional(),
  tasks: z.record(definedName, taskSchema).default({}),
});

/**
 * A portal as data, version 1, with everything filled in that the file leaves to the page. The parsed form is stored as JSON
 * and may be parsed again: it stays the same.
 */
export const recipeSchema = recipeFileSchema.transform(complete).superRefine(checkUse);

export type Recipe = z.infer<typeof recipeSchema>;

/**
 * Hosts that a recipe's pages need at a portal's address: the portal's own, and those it names, all of them lying at `address`. For use without a
 * portal type, which else says it.
 */
export const recipeHosts = (recipe: Recipe, baseUrl: string, address: HostAddress = 'public'): readonly DeclaredHost[] =>
  [new URL(baseUrl).host, ...(recipe.hosts ?? [])].map((host) => ({ host, address }));

function complete({ login, change, session, ...file }: z.infer<typeof recipeFileSchema>) {
  return {
    ...file,
    session: { ...plainSession(login.outcomes.filter((entry) => entry.is === 'accepted')), ...defined(session ?? {}) },
    login: { outcomes: login.outcomes, steps: login.steps ?? plainLogin(login.open ?? '/') },
    ...(change ? { change: completeChange(change) } : {}),
  };
}

function completeChange({ open, ...change }: z.infer<typeof changeSchema>) {
  return { ...change, steps: change.steps ?? plainChange(open) };
}

const defined = <T extends object>(value: T): { [K in keyof T]: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(value).filter(([, held]) => held !== undefined)) as { [K in keyof T]: NonNullable<T[K]> };
