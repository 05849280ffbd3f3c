import { z } from 'zod';
import { readConfig } from '@rcm/telemetry';

const schema = z.object({
  /** Where the user typed `npm start`: npm changes to the repository's folder before it runs anything. */
  INIT_CWD: z.string().optional(),
  RCM_CHROMIUM_PATH: z.string().optional(),
  RCM_MAX_BROWSER_CONTEXTS: z.coerce.number('must be a whole number').int('must be a whole number').min(1).max(64).default(4),
  RCM_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

export type PlatformConfig = z.infer<typeof schema>;

/** Reads the environment once. Fails with `config_invalid`, one line per problem. */
export const readPlatformConfig = (environment: NodeJS.ProcessEnv): PlatformConfig => readConfig(schema, environment);
