import { credentialsEnvironment } from '@rcm/credentials';
import { checkDatabase, databaseEnvironment, withDatabaseCa } from '@rcm/db';
import { readConfig } from '@rcm/telemetry';
import { z } from 'zod';

const { RCM_IDENTITY_KEY, RCM_IDENTITY_KEY_ID, RCM_PREVIOUS_IDENTITY_KEY, RCM_PREVIOUS_IDENTITY_KEY_ID } = credentialsEnvironment;

/** The database, and the keys that user names are hashed with; the variables are those of the apps. */
const schema = z
  .object({
    ...databaseEnvironment,
    RCM_IDENTITY_KEY: RCM_IDENTITY_KEY.optional(),
    RCM_IDENTITY_KEY_ID,
    RCM_PREVIOUS_IDENTITY_KEY,
    RCM_PREVIOUS_IDENTITY_KEY_ID,
  })
  .superRefine(checkDatabase);

export type TraceConfig = z.infer<typeof schema>;

/** Fails with `config_invalid`. */
export const readTraceConfig = (environment: NodeJS.ProcessEnv): TraceConfig => withDatabaseCa(readConfig(schema, environment));
