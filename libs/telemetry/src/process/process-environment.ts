import { z } from 'zod';

/** What decides whether a process may run where it was started (a zod raw shape); read by `runGuarded` before the app is loaded. */
export const processEnvironment = {
  /** `yes`: as root all the same, where a container or a demonstration leaves no other way. */
  RCM_ALLOW_ROOT: z.enum(['yes'], 'must be yes, or unset').optional(),
  /** Variables that are refused otherwise, by name, separated by commas; said at every start. */
  RCM_ALLOW_VARIABLES: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*( *, *[A-Za-z_][A-Za-z0-9_]*)*$/, 'must be names of variables, separated by commas')
    .transform((names) => names.split(',').map((name) => name.trim()))
    .default([]),
};
