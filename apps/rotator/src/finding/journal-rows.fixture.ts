import type { RotatorEnvironment } from '../testing.fixture.ts';
import type { LoginInHand } from './login-in-hand.ts';

/** The ledger's row of a login that the portal refused. */
export async function wasRefused(
  { sql }: RotatorEnvironment,
  { endpoint: { id, orgId, loginIdentity }, held }: LoginInHand,
  row: { readonly version: string; readonly print: string | undefined; readonly effect: 'suspect' | 'provisional'; readonly minutesAgo: number },
): Promise<void> {
  await sql(
    `INSERT INTO login_attempt (login_identity, org_id, endpoint_id, lease_id, actor, version, fingerprint, started_at, finished_at, outcome, effect)
     SELECT $1, $2, $3, $4::uuid, 'rotator', $5, $6, at, at, 'rejected', $7 FROM (SELECT now() - make_interval(mins => $8::int) AS at) AS ago`,
    [loginIdentity, orgId, id, held.lease.id, row.version, row.print, row.effect, row.minutesAgo],
  );
}

/** The journal's row of a rotation whose change is under way, of which it is not known what the portal made of it. */
export async function submitting(
  { sql, rotator }: RotatorEnvironment,
  { endpoint, held }: LoginInHand,
  { attemptId, baseVersion }: { readonly attemptId: string; readonly baseVersion: string },
): Promise<void> {
  await sql(
    `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash,
                                   journal_version, submit_deadline_at, created_at, updated_at)
     SELECT $1::uuid, login_identity, org_id, id, portal_type_code, 'submitting', $3::bigint, $4, 'due', secret_arn, $5, 'h', 1, now(), now(), now()
       FROM integration_endpoint WHERE id = $2`,
    [attemptId, endpoint.id, String(held.lease.fence), rotator.owner, baseVersion],
  );
}

/** The journal's row of a rotation of the login's account that was given up, by default just now and with nothing submitted; its copy lies beside `secretArn`. */
export async function abandoned(
  { sql }: RotatorEnvironment,
  { endpoint: { id, orgId, loginIdentity, portalTypeCode } }: LoginInHand,
  row: { readonly attemptId: string; readonly secretArn: string; readonly daysAgo?: number; readonly wasSubmitted?: boolean; readonly reason?: 'restored' },
): Promise<void> {
  await sql(
    `INSERT INTO rotation_attempt (id, login_identity, org_id, endpoint_id, portal_type_code, state, fence, owner, reason, secret_arn, base_version, recipe_hash,
                                   journal_version, submit_deadline_at, created_at, updated_at, ended_at)
     SELECT $1::uuid, $2, $3, $4, $5, 'abandoned', 1, 'test', $9, $6, '1', 'h', 1, CASE WHEN $8::boolean THEN at END, at, at, at
       FROM (SELECT now() - make_interval(days => $7::int) AS at) AS ago`,
    [row.attemptId, loginIdentity, orgId, id, portalTypeCode, row.secretArn, row.daysAgo ?? 0, row.wasSubmitted ?? false, row.reason ?? 'due'],
  );
}
