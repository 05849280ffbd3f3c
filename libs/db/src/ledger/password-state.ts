import type { Database } from '../database.ts';
import type { BreakerRules } from '../admission/breaker.ts';
import { type PortalHealth, portalHealth } from '../admission/health.ts';
import { type Fingerprints, passwordRecord } from './password.ts';

/** What ledger and journal know about a password at the moment its portal answered (docs/design.md, Login). */
export interface PasswordState {
  /** It belongs to the open rotation attempt, or was promoted less than the propagation delay ago: the portal may not know it everywhere yet. */
  readonly fresh: boolean;
  /** The portal accepted it at some time. */
  readonly provedBefore: boolean;
  /** Earlier refusals that nothing has cleared, and of them the ones called bad. */
  readonly refusals: number;
  readonly bad: number;
  /** Since the first of them, in ms. */
  readonly seriesMs: number;
  /** By what the other logins of the portal type met. */
  readonly health: PortalHealth;
}

export interface PasswordStateQuestion {
  readonly orgId: string;
  readonly loginIdentity: string;
  readonly portalTypeCode: string;
  readonly fingerprints: Fingerprints;
  /** The store's version, or `staged:<attempt id>`: what the journal knows it as. */
  readonly version: string;
  readonly propagationDelayMs: number;
  readonly rules: Pick<BreakerRules, 'windowMs' | 'suspects'>;
}

/** The state of a password, asked before its outcome is written. */
export async function passwordState(db: Database, asked: PasswordStateQuestion): Promise<PasswordState> {
  const { orgId, loginIdentity, version, propagationDelayMs } = asked;
  return db.rawTransaction({ tenant: orgId }, async (tx) => {
    const record = await passwordRecord(tx, asked);
    const [row] = await tx.$queryRaw<{ fresh: boolean; seriesMs: number | null }[]>`
      SELECT EXISTS (SELECT 1 FROM rotation_attempt r WHERE r.login_identity = ${loginIdentity}
                AND ((r.ended_at IS NULL AND (${version} = 'staged:' || r.id::text OR ${version} LIKE 'staged:' || r.id::text || '/%' OR r.promoted_version = ${version}))
                  OR (r.promoted_version = ${version} AND r.updated_at > clock_timestamp() - make_interval(secs => ${propagationDelayMs}::float8 / 1000)))) AS fresh,
             (extract(epoch FROM clock_timestamp() - ${record.refusedFirstAt?.toISOString() ?? null}::timestamptz) * 1000)::float8 AS "seriesMs"`;
    const health = await portalHealth(tx, { ...asked, since: record.refusedFirstAt });
    const { refusals, bad } = record;
    return { fresh: row?.fresh ?? false, provedBefore: record.provedAt !== null, refusals, bad, seriesMs: row?.seriesMs ?? 0, health };
  });
}
