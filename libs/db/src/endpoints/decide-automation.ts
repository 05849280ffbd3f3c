import { RcmError } from '@rcm/telemetry';
import type { Database } from '../database.ts';
import { checkId } from '../input.ts';
import type { Automation } from './endpoint.ts';
import { type PersonalChange, sayWhy } from './seed.ts';

export interface AutomationDecision {
  readonly automation: Automation;
  /** What of the portal's terms was read. */
  readonly termsVersion: string;
  /** Of when they are. */
  readonly termsDate: Date;
  readonly automationDecidedBy: string;
}

/**
 * Says whether programs may log in at a portal type, by its terms; holds from the next login on, and stands in the audit trail of every organization
 * that uses the type. For the tables' owner. Fails with `input_invalid` where there is no such type or a word is missing.
 */
export async function decideAutomation(
  db: Database,
  { code, ...decision }: { readonly code: string } & AutomationDecision,
  change: PersonalChange,
): Promise<void> {
  checkId('portal type code', code);
  const decided = await db.transaction('no tenant', async (tx) => {
    await sayWhy(tx, change);
    return tx.portalType.updateMany({ where: { code }, data: { ...decision, updatedAt: new Date() } });
  });
  if (decided.count === 0) throw new RcmError('input_invalid', `There is no portal type ${code}. Nothing was changed.`);
}
