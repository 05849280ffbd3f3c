import { z } from 'zod';

const postgresUrl = z.string().regex(/^postgres(ql)?:\/\/\S+$/, 'must be a postgresql:// URL');

/** The database's part of an app's configuration (a zod raw shape). Normally given as `…_FILE`: the URLs hold a password. */
export const databaseEnvironment = {
  /** Pooled URL. */
  RCM_DATABASE_URL: postgresUrl,
  /** Direct URL, for LISTEN, migrations and storage rewrites. Default: the pooled one. */
  RCM_DATABASE_DIRECT_URL: postgresUrl.optional(),
} as const;
