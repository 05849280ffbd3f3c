import { backupCodes, type CredentialPayload, type IdentityKeys } from '@rcm/credentials';
import type { Database, EndpointRow } from '@rcm/db';
import { spendBackupCode } from '@rcm/db/ledger';
import type { Logger, Secret } from '@rcm/telemetry';

export interface BackupCodeRequest {
  readonly db: Database;
  readonly logger: Logger;
  readonly endpoint: EndpointRow;
  /** The caller's live lease. */
  readonly leaseId: string;
  readonly payload: Secret<CredentialPayload>;
  readonly keys: IdentityKeys;
}

/**
 * Gives a login's next backup code once it is written down as used, or `null` where all of them were: nothing is taken before a page asks. `null`: its payload
 * has none. What it gives fails as `spendBackupCode`.
 */
export function backupCodeSource({ db, logger, endpoint, leaseId, payload, keys }: BackupCodeRequest): (() => Promise<Secret<string> | null>) | null {
  const codes = backupCodes(keys, payload);
  if (codes.length === 0) return null;
  const { id: endpointId, orgId } = endpoint;
  return async () => {
    const { taken, left } = await spendBackupCode(db, { orgId, endpointId, leaseId, codes: codes.map(({ fingerprints }) => fingerprints) });
    logger.info({ endpointId, codesLeft: left }, taken === null ? 'a backup code is asked for, and none is left' : 'a backup code is typed');
    return taken === null ? null : (codes[taken]?.code ?? null);
  };
}
