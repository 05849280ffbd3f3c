import type { Database } from '../database.ts';
import { assessPortalTypes, type BreakerRules } from './breaker.ts';

/**
 * Whether this portal type is stopped by its breaker, by what the ledger says now: then a refused password speaks against the portal and
 * not against the password. Opens the breaker itself where it is time, since whoever asks cannot wait for the next scan.
 */
export async function isPortalTypeStopped(db: Database, asked: { readonly portalTypeCode: string; readonly rules: BreakerRules }): Promise<boolean> {
  const { portalTypeCode, rules } = asked;
  await assessPortalTypes(db, rules);
  const gate = await db.transaction('no tenant', (tx) => tx.portalGate.findUnique({ where: { portalTypeCode } }));
  return gate !== null && gate.openedAt !== null && gate.closedAt === null;
}
