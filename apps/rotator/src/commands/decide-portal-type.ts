import type { Automation } from '@rcm/db';
import { decideAutomation } from '@rcm/db/admin';
import { asOwner, readActorConfig } from './as-owner.ts';
import { personalAct, print } from './command.ts';

export interface DecideOptions {
  readonly code: string;
  readonly automation: Automation;
  readonly termsVersion: string;
  readonly termsDate: Date;
  /** Who answers for it. Default: who says so. */
  readonly decidedBy?: string;
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly actor?: string;
  readonly reason?: string;
}

const THEN: Readonly<Record<Automation, string>> = {
  allowed: 'programs may log in from now on',
  assisted: 'a person logs in; passwords are kept, and people are reminded',
  forbidden: 'no program logs in, and nobody is reminded',
};

/** `decide-portal-type`: what a portal's terms allow, which terms, and who decided. Under the owner's URL, like `save-portal-type`. Fails as `decideAutomation`. */
export async function decidePortalTypeCommand(environment: NodeJS.ProcessEnv, options: DecideOptions): Promise<number> {
  const { code, automation, termsVersion, termsDate, json, dryRun } = options;
  const act = dryRun ? null : await personalAct(options, readActorConfig(environment));
  if (act !== null) {
    const automationDecidedBy = options.decidedBy ?? act.actor;
    await asOwner(environment, code, (db) => decideAutomation(db, { code, automation, termsVersion, termsDate, automationDecidedBy }, act));
  }
  print({ json }, { portalType: code, automation, dryRun, saved: !dryRun }, [
    dryRun ? `${code} would say ${automation}; nothing was changed` : `${code}  ${automation}: ${THEN[automation]}`,
  ]);
  return 0;
}
