import type { Database } from '../database.ts';
import type { NewPortalType } from '../endpoints/endpoint.ts';
import { makeEndpoint, type TestDatabase } from '../testing.fixture.ts';
import { proposePortalType } from './propose.ts';

export const JANE = 'person:oidc:https://id.example#jane';
let made = 0;

/** A portal type of its own, with one login; a person proposes changes of it as an operator. */
export async function changedPortal(t: TestDatabase, operator: Database) {
  made += 1;
  const code = `changed-${made}`;
  const { orgId } = await makeEndpoint(t.db, { portal: { code, propagationDelayMs: 1_000 } });
  const [row] = await t.sql<{ document: NewPortalType }>(
    `SELECT jsonb_build_object('code', code, 'name', name, 'hosts', hosts, 'driver', driver, 'recipe', recipe, 'passwordRules', password_rules, 'rotationMode', rotation_mode,
       'rotationIntervalDays', rotation_interval_days, 'rotationSpreadDays', rotation_spread_days, 'lockoutThreshold', lockout_threshold, 'lockoutMargin', lockout_margin,
       'lockoutWindowSeconds', lockout_window_seconds, 'propagationDelayMs', settle_ms, 'totpSkew', totp_skew, 'totpPeriodSeconds', totp_period_seconds,
       'maxSessionsPerAccount', max_sessions_per_account, 'maxConcurrency', max_concurrency) AS document FROM portal_type WHERE code = $1`,
    [code],
  );
  if (!row) throw new Error('no portal type');
  const propose = (then: Partial<NewPortalType> = { propagationDelayMs: 2_000 }) =>
    proposePortalType(operator, { ...row.document, ...then }, { actor: JANE, reason: 'the payer has said so' });
  return { code, orgId, document: row.document, propose };
}
