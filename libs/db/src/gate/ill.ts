import type { Database } from '../database.ts';
import { checkMs } from '../input.ts';
import type { BreakerRules } from './breaker.ts';

/**
 * Whether a portal refuses passwords that had worked, by the ledger of all organizations: then a refusal speaks against the portal and not
 * against the password. For an agent, which may neither see other tenants' logins nor open a breaker; nothing is changed.
 */
export async function isPortalIll(
  db: Database,
  asked: { readonly portalTypeCode: string; readonly rules: Pick<BreakerRules, 'windowMs' | 'suspects'> },
): Promise<boolean> {
  const { portalTypeCode, rules } = asked;
  const windowMs = checkMs('windowMs', rules.windowMs);
  const [row] = await db.transaction(
    'no tenant',
    (tx) => tx.$queryRaw<{ ill: boolean }[]>`
      SELECT rcm_portal_is_ill(${portalTypeCode}, make_interval(secs => ${windowMs}::float8 / 1000), ${rules.suspects}::int) AS ill`,
  );
  return row?.ill ?? false;
}
