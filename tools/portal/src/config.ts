import { readConfig } from '@rcm/telemetry';
import { z } from 'zod';

const schema = z.object({
  /** Path of a Chromium. Default: what is found on this machine. */
  RCM_CHROMIUM_PATH: z.string().optional(),
});

export type PortalConfig = z.infer<typeof schema>;

/** Reads the environment once. Fails with `config_invalid`, one line per problem. */
export const readPortalConfig = (environment: NodeJS.ProcessEnv): PortalConfig => readConfig(schema, environment);
