import type { Database, RawTransaction } from '../database.ts';
import { checkMs } from '../input.ts';
import type { BreakerRules } from './breaker.ts';

/** `ill`: many logins are refused with what ought to be right. `well`: somebody got in lately. `unknown`: nobody else tried. */
export type PortalHealth = 'ill' | 'well' | 'unknown';

export interface HealthQuestion {
  readonly portalTypeCode: string;
  /** The login that asks: what it met itself proves nothing. */
  readonly loginIdentity: string;
  /** Only who got in after this moment shows that the portal is well; `null`: within the window. */
  readonly since: Date | null;
  readonly rules: Pick<BreakerRules, 'windowMs' | 'suspects'>;
}

/** By the ledger of all organizations; one word, and no row of another tenant is shown. */
export async function portalHealth(tx: RawTransaction, { portalTypeCode, loginIdentity, since, rules }: HealthQuestion): Promise<PortalHealth> {
  const windowMs = checkMs('windowMs', rules.windowMs);
  const [row] = await tx.$queryRaw<{ health: PortalHealth }[]>`
    SELECT rcm_portal_health(${portalTypeCode}, ${loginIdentity}, ${since?.toISOString() ?? null}::timestamptz, make_interval(secs => ${windowMs}::float8 / 1000), ${rules.suspects}::int) AS health`;
  return row?.health ?? 'unknown';
}

/** Whether the other logins of a portal type are refused now, so that what it says of a password means little. */
export function refusesOthers(db: Database, asked: Omit<HealthQuestion, 'since'> & { readonly orgId: string }): Promise<boolean> {
  return db.rawTransaction({ tenant: asked.orgId }, async (tx) => (await portalHealth(tx, { ...asked, since: null })) === 'ill');
}
