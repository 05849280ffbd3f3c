import { byIndex } from '../by-index.ts';
import type { Database } from '../database.ts';
import { writeAuditEvent } from '../audit/record.ts';
import { NEXT_ROTATION, notifyCredentialChanged } from '../endpoints/schedule.ts';
import { lockEndpointIdentity } from '../identity.ts';
import { checkLimit, checkMs } from '../input.ts';
import { writeNotification } from '../notifications/write.ts';

/** A login that a person rotates, and what is known of its secret. */
export interface WatchedLogin {
  readonly endpointId: string;
  readonly orgId: string;
  /** What the store held at the last look that knew what it is: a password that was proved, or the same one with other fields; `null`: never looked. */
  readonly knownVersion: string | null;
  /** What the portal did not take for another reason than a wrong password: not tried again. */
  readonly refusedVersion: string | null;
}

/** What is known of one such login now; `null`: it is not watched. */
export async function watchedLogin(db: Database, { orgId, endpointId }: { readonly orgId: string; readonly endpointId: string }): Promise<WatchedLogin | null> {
  return db.transaction({ tenant: orgId }, (tx) =>
    tx.manualWatch.findFirst({ where: { orgId, endpointId }, select: { endpointId: true, orgId: true, knownVersion: true, refusedVersion: true } }),
  );
}

/**
 * Takes logins to look at in the store now, those that are due first; whoever takes one keeps others from looking for a while. At most
 * `limit` a call, so the store is asked no faster than the caller calls.
 */
export async function claimManualLooks(
  db: Database,
  looks: {
    /** Pause between two looks at one that is due, in ms. */ readonly pendingMs: number;
    /** At any other, in ms. */ readonly idleMs: number;
    readonly limit: number;
  },
): Promise<readonly WatchedLogin[]> {
  const [pendingMs, idleMs, limit] = [checkMs('pendingMs', looks.pendingMs), checkMs('idleMs', looks.idleMs), checkLimit(looks.limit)];
  return byIndex(db, 'every tenant', async (tx) => {
    return tx.$queryRaw<WatchedLogin[]>`
      UPDATE manual_watch w SET looked_at = clock_timestamp()
       WHERE w.endpoint_id = ANY (ARRAY(
         SELECT t.endpoint_id FROM (VALUES (1, 'due', ${pendingMs}::float8), (2, 'idle', ${idleMs}::float8)) p (turn, pace, ms) CROSS JOIN LATERAL (
           SELECT m.endpoint_id, m.looked_at FROM manual_watch m WHERE m.pace = p.pace AND m.looked_at < now() - make_interval(secs => p.ms / 1000)
            ORDER BY m.looked_at LIMIT ${limit} FOR UPDATE SKIP LOCKED) t
          ORDER BY p.turn, t.looked_at LIMIT ${limit}))
      RETURNING w.endpoint_id AS "endpointId", w.org_id AS "orgId", w.known_version AS "knownVersion", w.refused_version AS "refusedVersion"`;
  });
}

export interface ManualChange {
  readonly orgId: string;
  readonly endpointId: string;
  /** The store's version that a person wrote. */
  readonly version: string;
  /** The process that saw and tried it. */
  readonly actor: string;
}

/** Why it is taken to be the portal's password now: a login has shown it, or where no program logs in, the person answers for it. */
export type ManualProof = 'login' | 'person';

const WHY: Readonly<Record<ManualProof, string>> = {
  login: 'the secret has another password than before and the portal accepts it',
  person: 'the secret has another password than before; no program logs in there',
};

/**
 * The portal accepted another password than was known, or no program may ask it: the row follows, the login counts as rotated now and is due again after its interval, agents
 * are told. With its audit event in one transaction. `false`, and it stays as it is, where a rotation of the login is open, or something else than `known` is known by now:
 * somebody has looked since, as where the caller stood still.
 */
export async function recordManualRotation(
  db: Database,
  change: ManualChange & { readonly known: string | null; readonly proof: ManualProof },
): Promise<boolean> {
  const { orgId, endpointId, version, known } = change;
  return db.transaction({ tenant: orgId }, async (tx) => {
    const identity = await lockEndpointIdentity(tx, change);
    const open = await tx.rotationAttempt.findFirst({ where: { loginIdentity: identity.id, endedAt: null }, select: { id: true } });
    if (open) return false;
    // The row before what is known of it, as whoever makes it due locks them.
    const [row] = await tx.$queryRaw<{ secretArn: string | null }[]>`
      SELECT secret_arn AS "secretArn" FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId} FOR NO KEY UPDATE`;
    const secretArn = row?.secretArn ?? null;
    if (secretArn === null) return false;
    const noted = await tx.$executeRaw`
      UPDATE manual_watch SET known_version = ${version}, refused_version = NULL WHERE endpoint_id = ${endpointId} AND known_version IS NOT DISTINCT FROM ${known}::text`;
    if (noted === 0) return false;
    await writeAuditEvent(tx, {
      orgId,
      actor: change.actor,
      action: 'rotation.recorded',
      subject: endpointId,
      reason: WHY[change.proof],
      details: { version },
    });
    await tx.$executeRaw`
      UPDATE integration_endpoint e SET current_version = ${version}, last_rotated_at = clock_timestamp(), next_rotation_at = ${NEXT_ROTATION}, rotation_status = 'active',
             updated_at = clock_timestamp()
        FROM portal_type p WHERE p.code = e.portal_type_code AND e.org_id = ${orgId} AND e.secret_arn = ${secretArn}`;
    await notifyCredentialChanged(tx, { orgId, secretArn });
    return true;
  });
}

/**
 * The store has another version, and nobody says that its password is another one: nothing is recorded, and the next look compares with this version. Where something else than `known`
 * is known by now, somebody has looked since, and that stands.
 */
export async function noteManualVersion(
  db: Database,
  { orgId, endpointId, version, known }: Omit<ManualChange, 'actor'> & { readonly known: string | null },
): Promise<void> {
  await db.transaction(
    { tenant: orgId },
    (tx) => tx.$executeRaw`UPDATE manual_watch SET known_version = ${version}, refused_version = NULL
                       WHERE org_id = ${orgId} AND endpoint_id = ${endpointId} AND known_version IS NOT DISTINCT FROM ${known}::text`,
  );
}

/**
 * The portal did not accept what a person stored, or did not say: people are told. Unless `isAskedAgain`, this version is not tried again. `false`, and nobody is told, where something
 * else than `known` is known by now: somebody has looked since, and may have proved this very version.
 */
export async function recordManualRefusal(
  db: Database,
  change: ManualChange & { readonly known: string | null; readonly detail: string; readonly isAskedAgain: boolean },
): Promise<boolean> {
  const { orgId, endpointId, version, known, detail, isAskedAgain } = change;
  return db.transaction({ tenant: orgId }, async (tx) => {
    const { portalTypeCode } = await tx.integrationEndpoint.findFirstOrThrow({ where: { id: endpointId, orgId }, select: { portalTypeCode: true } });
    const noted = await tx.$executeRaw`
      UPDATE manual_watch SET refused_version = coalesce(${isAskedAgain ? null : version}::text, refused_version)
       WHERE org_id = ${orgId} AND endpoint_id = ${endpointId} AND known_version IS NOT DISTINCT FROM ${known}::text`;
    if (noted === 0) return false;
    await writeNotification(tx, { kind: 'manual_refused', key: `${endpointId}:${version}`, orgId, endpointId, portalTypeCode, detail });
    return true;
  });
}
