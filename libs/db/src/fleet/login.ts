import { Prisma } from '../generated/client.ts';

/** What a person is shown of one login. Times of the ledger and the journal are of the account, whoever uses it; never a user name or a secret. */
export interface FleetLogin {
  readonly id: string;
  readonly orgId: string;
  readonly portalTypeCode: string;
  readonly accountId: string;
  readonly rotationMode: 'automatic' | 'manual';
  /** The row names a secret in the store. */
  readonly stored: boolean;
  /** Since when its organization uses it no more. */
  readonly retiredAt: Date | null;
  readonly loginIdentity: string | null;
  readonly lastRotatedAt: Date | null;
  readonly nextRotationAt: Date | null;
  /** When the portal lets the password expire; `null`: it does not, or nobody knows how old the password is. */
  readonly expiresAt: Date | null;
  /** The first refusal after the last login that proved the password; `null`: none stands. */
  readonly refusedSince: Date | null;
  readonly firstAcceptedAt: Date | null;
  readonly lastAcceptedAt: Date | null;
  /** End of the lock that the portal told of; `null` while `locked`: only a person can end it. */
  readonly lockedUntil: Date | null;
  readonly locked: boolean;
  /** It lies in several organizations or under several secrets. */
  readonly shared: boolean;
  /** The open rotation, by whomever it was begun. */
  readonly openState: string | null;
}

/** For tables `e` (endpoint), `p` (portal type) and, where there is one, `i` (identity) with `lock` and `open` beside it. */
export const LOGIN_COLUMNS = Prisma.sql`
  e.id, e.org_id AS "orgId", e.portal_type_code AS "portalTypeCode", e.account_id AS "accountId", p.rotation_mode AS "rotationMode",
  e.secret_arn IS NOT NULL AS stored, e.retired_at AS "retiredAt", e.login_identity AS "loginIdentity", e.last_rotated_at AS "lastRotatedAt", e.next_rotation_at AS "nextRotationAt",
  e.last_rotated_at + make_interval(hours => 24 * p.password_expires_days) AS "expiresAt", i.refused_since AS "refusedSince",
  i.first_accepted_at AS "firstAcceptedAt", accepted.at AS "lastAcceptedAt", coalesce(i.shared, false) AS shared, open.state AS "openState",
  coalesce(lock.until > clock_timestamp(), false) AS locked,
  CASE WHEN lock.until > clock_timestamp() AND lock.until < 'infinity' THEN lock.until END AS "lockedUntil"`;

/** What stands beside a table `e`. A lock leaves a refusal, so that only logins with one are asked about it. */
export const LOGIN_TABLES = Prisma.sql`
  JOIN portal_type p ON p.code = e.portal_type_code
  LEFT JOIN login_identity i ON i.id = e.login_identity
  LEFT JOIN LATERAL (SELECT CASE WHEN i.refused_since IS NOT NULL THEN rcm_locked_until(i.id) END AS until) lock ON true
  LEFT JOIN LATERAL (SELECT a.started_at AS at FROM login_attempt a WHERE a.login_identity = i.id AND a.outcome = 'accepted' ORDER BY a.started_at DESC LIMIT 1) accepted ON true
  LEFT JOIN LATERAL (SELECT r.state FROM rotation_attempt r WHERE r.login_identity = i.id AND r.ended_at IS NULL LIMIT 1) open ON true`;

/** What is wrong with a login so that work with it fails; the first is the one to look at first. */
export type LoginTrouble = 'locked' | 'blocked' | 'failing';

/** An account that is locked or refused is so whatever else holds; empty: nothing is wrong that the books know of. */
export function troublesOf(login: Pick<FleetLogin, 'locked' | 'openState' | 'refusedSince'>): readonly LoginTrouble[] {
  return [
    ...(login.locked ? (['locked'] as const) : []),
    ...(login.openState === 'blocked' ? (['blocked'] as const) : []),
    ...(login.refusedSince ? (['failing'] as const) : []),
  ];
}
