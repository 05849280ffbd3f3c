import { z } from 'zod';
import { conditionSchema } from './condition.ts';
import { checkUse } from './use.ts';
import { changeOutcomesSchema, loginOutcomesSchema } from './outcomes.ts';
import { deadline, definedName, words } from './rules.ts';
import { addressSchema, stepsSchema } from './step.ts';
import { taskSchema } from './task.ts';

/** A portal as data, version 1. The parsed form is stored as JSON and may be parsed again: it stays the same. */
export const recipeSchema = z
  .strictObject({
    version: z.literal(1, 'must be 1, the version of the recipe format'),
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and dashes'),
    description: words.optional(),
    /** Milliseconds a step may take that says nothing else. */
    step_deadline_ms: deadline.default(10_000),
    session: z.strictObject({
      /** Page that tells whether the session still holds. */
      open: addressSchema,
      logged_in: conditionSchema,
      logged_out: conditionSchema,
    }),
    login: z.strictObject({ steps: stepsSchema, outcomes: loginOutcomesSchema }),
    change: z.strictObject({ steps: stepsSchema, outcomes: changeOutcomesSchema }).optional(),
    logout: z.strictObject({ steps: stepsSchema, done: conditionSchema }).optional(),
    tasks: z.record(definedName, taskSchema).default({}),
  })
  .superRefine(checkUse);

export type Recipe = z.infer<typeof recipeSchema>;
