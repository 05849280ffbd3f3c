import { type Database, openDatabase, readDatabaseConfig } from '@rcm/db';
import { sayPlaintext } from '@rcm/telemetry';
import { environmentFor } from './environment.ts';

/** Opens the books as `rcm_operator` for one command. Fails with `config_invalid`. */
export async function asOperator<T>(environment: NodeJS.ProcessEnv, act: (db: Database) => Promise<T>): Promise<T> {
  const config = readDatabaseConfig(environmentFor('operator', environment));
  sayPlaintext('rcm', config.RCM_PLAINTEXT);
  const db = openDatabase({ url: config.RCM_DATABASE_URL, applicationName: 'rcm', role: 'rcm_operator', maxConnections: 2 });
  try {
    return await act(db);
  } finally {
    await db.close();
  }
}
