import { z } from 'zod';
import type { HostAddress } from '../network/address.ts';
import type { DeclaredHost } from '../network/declared-host.ts';
import { conditionSchema } from './condition.ts';
import { deviceSchema } from './device.ts';
import { interruptionsSchema } from './interruption.ts';
import { hostsSchema, saidHosts } from './named-host.ts';
import { changeOutcomesSchema, confirmOutcomesSchema, loginOutcomesSchema } from './outcomes.ts';
import { plainChange, plainLogin, plainSession } from './plain.ts';
import { deadline, definedName, words } from './rules.ts';
import { sentCodesSchema } from './sent-codes.ts';
import { addressSchema, stepsSchema } from './step.ts';
import { taskSchema } from './task.ts';
import { checkUse } from './use.ts';
import { checkVersion } from './version-use.ts';

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
/** The current password asked for on a page of its own before the change; it is sent by a submit of its own. */
const confirmSchema = z.strictObject({
  steps: stepsSchema,
  outcomes: confirmOutcomesSchema,
  /** Whether the portal counts a wrong one towards its lock. Default true: what nobody knows is counted. */
  counts: z.boolean().optional(),
});
const changeSchema = z
  .strictObject({ ...startOrSteps, confirm: confirmSchema.optional(), outcomes: changeOutcomesSchema, session: survives })
  .superRefine(notBoth);
/** Where a forced change has a form of its own; it begins on the page that the login ended on. */
const forcedChangeSchema = z.strictObject({ confirm: confirmSchema.optional(), steps: stepsSchema, outcomes: changeOutcomesSchema, session: survives });

/** A portal as its file says it. */
export const recipeFileSchema = z.strictObject({
  version: z.literal([1, 2], 'must be 2, the version of the recipe format, or 1, the one before'),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes'),
  description: words.optional(),
  /** Hosts beside the portal's own that its pages need. The portal type must declare them too. */
  hosts: hostsSchema.optional(),
  /** Milliseconds a step may take that says nothing else. */
  step_deadline_ms: deadline.default(10_000),
  interruptions: interruptionsSchema.optional(),
  session: sessionSchema.optional(),
  login: loginSchema,
  change: changeSchema.optional(),
  forced_change: forcedChangeSchema.optional(),
  /** `deadline_ms`: for everything together; default 3,000. */
  logout: z.strictObject({ steps: stepsSchema, done: conditionSchema, deadline_ms: z.int().min(100).max(30_000).optional() }).optional(),
  /** What the portal's text messages and mails with codes look like; without it, none is read. */
  codes: sentCodesSchema.optional(),
  /** By what the portal knows a device; without it, none is remembered. */
  device: deviceSchema.optional(),
  tasks: z.record(definedName, taskSchema).default({}),
});

/**
 * A portal as data, with everything filled in that the file leaves to the page. The parsed form is stored as JSON
 * and may be parsed again: it stays the same.
 */
export const recipeSchema = recipeFileSchema.transform(complete).superRefine(checkUse).superRefine(checkVersion);

export type Recipe = z.infer<typeof recipeSchema>;
export type ConfirmRecipe = z.infer<typeof confirmSchema>;

/**
 * Hosts that a recipe's pages need at a portal's address: the portal's own, and those it names, all of them lying at `address`. For use without a
 * portal type, which else says it.
 */
export const recipeHosts = (recipe: Recipe, baseUrl: string, address: HostAddress = 'public'): readonly DeclaredHost[] =>
  [new URL(baseUrl).host, ...saidHosts(recipe.hosts)].map((host) => ({ host, address }));

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
