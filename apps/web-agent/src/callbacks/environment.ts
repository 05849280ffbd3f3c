import { z } from 'zod';
import { readReceivers } from './receiver.ts';

/** What callbacks read from the environment (a zod raw shape). */
export const callbackEnvironment = {
  /** Where the end of tasks may be told, by organization and name (JSON). Given as `…_FILE`; unset: no task may name a callback. */
  RCM_TASK_CALLBACKS: z
    .string()
    .transform((text, context) => readReceivers(text, context))
    .optional(),
};
