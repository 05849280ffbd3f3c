import { actorEnvironment, checkActor } from '@rcm/credentials';
import { openDatabase, readDatabaseConfig, upsertPortalType } from '@rcm/db';
import { hasCode, readConfig, RcmError, sayPlaintext } from '@rcm/telemetry';
import { z } from 'zod';
import { readPortalTypeFile } from '../portal-type-file.ts';
import { personalAct, print } from './command.ts';

const readActorConfig = (environment: NodeJS.ProcessEnv) => readConfig(z.object(actorEnvironment).superRefine(checkActor), environment);

export interface SavePortalTypeOptions {
  readonly file: string;
  readonly json: boolean;
  readonly dryRun: boolean;
  /** Who and why; not needed where nothing is saved. */
  readonly actor?: string;
  readonly reason?: string;
}

/**
 * `save-portal-type`: creates a portal type, or brings it up to date. Whoever may choose the hosts on which passwords are typed owns the
 * database: no app's role may write portal types, so this runs under the owner's URL, when the platform is deployed. Fails as
 * `readPortalTypeFile` and `upsertPortalType`, before anything is changed.
 */
export async function savePortalTypeCommand(environment: NodeJS.ProcessEnv, { file, json, dryRun, ...person }: SavePortalTypeOptions): Promise<number> {
  // With no store to reach, who signed in is the issuer's to say where one is configured, else the operating system's.
  const act = dryRun ? null : await personalAct(person, readActorConfig(environment));
  const portalType = await readPortalTypeFile(file);
  const { code } = portalType;
  if (act !== null) {
    const config = readDatabaseConfig(environment);
    sayPlaintext('rotator', config.RCM_PLAINTEXT);
    const db = openDatabase({ url: config.RCM_DATABASE_URL, applicationName: 'rcm-save-portal-type' });
    try {
      await upsertPortalType(db, portalType, act);
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
  print({ json }, { portalType: code, dryRun, saved: !dryRun }, [
    dryRun ? `${code} would be saved; nothing was changed` : `${code} saved; holds from the next login on`,
  ]);
  return 0;
}
