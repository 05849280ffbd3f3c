import type { Database, RawTransaction } from '../database.ts';
import { RcmError } from '@rcm/telemetry';
import { checkUuid } from '../input.ts';

/** A password as the ledger knows it: by keyed digests, the newest key's first; two while a key is changed. Never the password. */
export type Fingerprints = readonly string[];

/** `<key id>:<hex>` each. */
const FINGERPRINT = /^[a-z0-9]{1,16}:[0-9a-f]{64}$/;

/** Fails with `input_invalid`: without one the ledger could not tell whether a password was refused before. */
export function checkFingerprints(fingerprints: Fingerprints): string[] {
  if (fingerprints.length > 0 && fingerprints.length <= 4 && fingerprints.every((print) => FINGERPRINT.test(print))) return [...fingerprints];
  throw new RcmError('input_invalid', 'A login attempt needs the fingerprint of its password.');
}

/** What the ledger says of one password of a login, whichever organization tried it. */
export interface PasswordRecord {
  /** When the portal last showed that it is right; `null`: never. */
  readonly provedAt: Date | null;
  /** Judged refusals after that, and after a person's last word. */
  readonly refusals: number;
  /** Of these, the ones that were called bad. */
  readonly bad: number;
  readonly refusedFirstAt: Date | null;
  /** Nobody tries it before. */
  readonly coolsDownUntil: Date | null;
  /** Refusals of every kind since the moment that was asked for. */
  readonly refusedSince: number;
  readonly refusedLastAt: Date | null;
}

/** Reads it within a transaction of a tenant that has the login. */
export async function passwordRecord(
  tx: RawTransaction,
  { loginIdentity, fingerprints, since = null }: { readonly loginIdentity: string; readonly fingerprints: Fingerprints; readonly since?: Date | null },
): Promise<PasswordRecord> {
  const [row] = await tx.$queryRaw<PasswordRecord[]>`
    SELECT proved_at AS "provedAt", refusals, bad, refused_first_at AS "refusedFirstAt", rests_until AS "coolsDownUntil", refused_since AS "refusedSince", refused_last_at AS "refusedLastAt"
      FROM rcm_password_record(${loginIdentity}, ${checkFingerprints(fingerprints)}::text[], ${since?.toISOString() ?? null}::timestamptz)`;
  if (!row) throw new RcmError('database_failed', 'An aggregate returned no row.');
  return row;
}

/** How often a password was refused since a moment, for whoever searches for the one that the portal accepts. `now`: Postgres's clock. */
export async function passwordTries(
  db: Database,
  asked: { readonly orgId: string; readonly loginIdentity: string; readonly fingerprints: Fingerprints; readonly since: Date },
): Promise<PasswordRecord & { readonly now: Date }> {
  return db.rawTransaction({ tenant: asked.orgId }, async (tx) => {
    const record = await passwordRecord(tx, asked);
    const [clock] = await tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
    return { ...record, now: clock?.now ?? new Date(Number.NaN) };
  });
}

/**
 * Whether the portal called a password wrong in a change of this attempt: in its form, or on the page that asks for the password before it. Such a line is a
 * refusal that says nothing of the password (`none`); a login's always does.
 */
export async function changeWasRefused(
  db: Database,
  asked: { readonly orgId: string; readonly loginIdentity: string; readonly rotationAttemptId: string; readonly fingerprints: Fingerprints },
): Promise<boolean> {
  const [row] = await db.rawTransaction(
    { tenant: asked.orgId },
    (tx) => tx.$queryRaw<{ refused: boolean }[]>`
      SELECT EXISTS (SELECT 1 FROM login_attempt
                      WHERE login_identity = ${asked.loginIdentity} AND org_id = ${asked.orgId} AND rotation_attempt_id = ${checkUuid('rotationAttemptId', asked.rotationAttemptId)}::uuid
                        AND outcome = 'rejected' AND effect = 'none' AND fingerprint = ANY (${checkFingerprints(asked.fingerprints)}::text[])) AS refused`,
  );
  return row?.refused ?? false;
}

/** Forgets what is known of a login's passwords except the named ones: the others are in no store any more. Returns how many attempts forgot theirs. */
export async function forgetPasswords(
  db: Database,
  asked: { readonly orgId: string; readonly loginIdentity: string; readonly keep: Fingerprints },
): Promise<number> {
  const [row] = await db.rawTransaction(
    { tenant: asked.orgId },
    (tx) => tx.$queryRaw<{ forgotten: number }[]>`SELECT rcm_forget_passwords(${asked.loginIdentity}, ${[...asked.keep]}::text[]) AS forgotten`,
  );
  return row?.forgotten ?? 0;
}
