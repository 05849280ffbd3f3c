import { RcmError } from '@rcm/telemetry';
import type { Database, RawTransaction } from '../database.ts';
import { lockEndpointIdentity } from '../identity.ts';
import { checkUuid } from '../input.ts';
import { writeNotification } from '../notifications/write.ts';
import { checkFingerprints, type Fingerprints } from './password.ts';

export interface SpendBackupCode {
  readonly orgId: string;
  readonly endpointId: string;
  /** The caller's live lease for this endpoint. */
  readonly leaseId: string;
  /** Of each backup code of the secret, in its order: its fingerprints. 1 to 100 codes. */
  readonly codes: readonly Fingerprints[];
}

export interface BackupCodeTaken {
  /** Which of the codes may be typed, counted from 0; `null`: all of them were used. */
  readonly taken: number | null;
  /** How many nobody has used, without this one. */
  readonly left: number;
}

const MOST_CODES = 100;

/** At so many that are left, or fewer, people are told. */
const FEW = 3;

/**
 * Takes a login's next backup code and writes it down as used before it is typed: whoever dies or stops after this, nobody types it again, in whatever process or
 * organization. One transaction under the identity's lock, so of two askers each gets another one; people are told in it where few are left, or none. Fails
 * with `endpoint_unknown`, `state_conflict`, `input_invalid`, `lease_lost`, `database_unavailable`; then nothing was taken, or it is not known, and nothing may be typed.
 */
export async function spendBackupCode(db: Database, { orgId, endpointId, leaseId, codes }: SpendBackupCode): Promise<BackupCodeTaken> {
  const lease = checkUuid('leaseId', leaseId);
  if (codes.length === 0 || codes.length > MOST_CODES) throw new RcmError('input_invalid', `A login has 1 to ${MOST_CODES} backup codes here.`);
  const known = codes.flatMap((prints, code) => checkFingerprints(prints).map((print) => ({ print, code })));
  return db.rawTransaction({ tenant: orgId }, async (tx) => {
    await lockEndpointIdentity(tx, { orgId, endpointId });
    const [row] = await tx.$queryRaw<{ taken: number | null; remaining: number | null }[]>`
      SELECT taken, remaining FROM rcm_spend_backup_code(${endpointId}, ${lease}::uuid, ${known.map(({ print }) => print)}::text[], ${known.map(({ code }) => code)}::integer[])`;
    if (!row || row.remaining === null)
      throw new RcmError('lease_lost', 'The lease on the login ran out before one of its backup codes was taken.', { details: { endpointId } });
    if (row.remaining <= FEW) await tell(tx, { orgId, endpointId, left: row.remaining });
    return { taken: row.taken, left: row.remaining };
  });
}

/** Once a day that few are left, and once a day that none is. */
async function tell(
  tx: RawTransaction,
  { orgId, endpointId, left }: { readonly orgId: string; readonly endpointId: string; readonly left: number },
): Promise<void> {
  const detail = left === 0 ? 'none is left' : left === 1 ? '1 is left' : `${left} are left`;
  await writeNotification(tx, { kind: 'backup_codes_low', key: `${endpointId}:${left === 0 ? 'none' : 'few'}`, every: 'day', orgId, endpointId, detail });
}
