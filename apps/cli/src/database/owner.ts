import { type Database, openDatabase, readDatabaseConfig } from '@rcm/db';
import { sayPlaintext } from '@rcm/telemetry';
import { environmentFor } from '../environment.ts';

/** The URL of the tables' owner, direct where there is one. Fails with `config_invalid`. */
export function ownerUrl(environment: NodeJS.ProcessEnv): string {
  const config = readDatabaseConfig(environmentFor('owner', environment));
  sayPlaintext('rcm', config.RCM_PLAINTEXT);
  return config.RCM_DATABASE_DIRECT_URL ?? config.RCM_DATABASE_URL;
}

/** Opens the database as its tables' owner for one command. Fails with `config_invalid`. */
export async function asOwner<T>(environment: NodeJS.ProcessEnv, act: (db: Database) => Promise<T>): Promise<T> {
  const db = openDatabase({ url: ownerUrl(environment), applicationName: 'rcm', maxConnections: 1 });
  try {
    return await act(db);
  } finally {
    await db.close();
  }
}
