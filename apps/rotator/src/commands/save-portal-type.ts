import { parsePasswordRules, ruleWarnings } from '@rcm/credentials';
import { upsertPortalType } from '@rcm/db';
import { readPortalTypeFile } from '../portal-type-file.ts';
import { asOwner, readActorConfig } from './as-owner.ts';
import { personalAct, print } from './command.ts';

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
  if (act !== null) await asOwner(environment, code, (db) => upsertPortalType(db, portalType, act));
  const warnings = ruleWarnings(parsePasswordRules(portalType.passwordRules));
  print({ json }, { portalType: code, dryRun, saved: !dryRun, warnings }, [
    ...warnings.map((warning) => `warning: ${warning}`),
    dryRun ? `${code} would be saved; nothing was changed` : `${code} saved; holds from the next login on`,
  ]);
  return 0;
}
