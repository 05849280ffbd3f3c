import { actorEnvironment, checkActor } from '@rcm/credentials';
import { type Database, openDatabase, readDatabaseConfig } from '@rcm/db';
import { hasCode, readConfig, RcmError, sayPlaintext } from '@rcm/telemetry';
import { z } from 'zod';

/** With no store to reach, who signed in is the issuer's to say where one is configured, else the operating system's. */
export const readActorConfig = (environment: NodeJS.ProcessEnv) => readConfig(z.object(actorEnvironment).superRefine(checkActor), environment);

/** Writes a portal type under the URL of the tables' owner. Fails as `act`; with `database_failed`, in words, where the URL is another's. */
export async function asOwner<T>(environment: NodeJS.ProcessEnv, code: string, act: (db: Database) => Promise<T>): Promise<T> {
  const config = readDatabaseConfig(environment);
  sayPlaintext('rotator', config.RCM_PLAINTEXT);
  const db = openDatabase({ url: config.RCM_DATABASE_URL, applicationName: 'rcm-save-portal-type' });
  try {
    return await act(db);
  } catch (cause) {
    if (!hasCode(cause, 'database_failed')) throw cause;
    throw new RcmError(
      'database_failed',
      `Portal type ${code} was not saved, and nothing was changed. RCM_DATABASE_URL must be that of the tables' owner, as for migrations: no app's role may write portal types.`,
      { cause },
    );
  } finally {
    await db.close();
  }
}
