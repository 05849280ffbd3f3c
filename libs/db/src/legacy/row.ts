import { RcmError, Secret } from '@rcm/telemetry';
import type { Transaction } from '../database.ts';

/**
 * Keyed fingerprints of an endpoint's `config.credentials` as Postgres prints it: `<key id>:<64 hex digits>`, the current key's first; two while a key is
 * changed. Made by the caller, because keys must never lie beside what they are of.
 */
export type FingerprintOf = (credentials: Secret<string>) => readonly string[];

/** What a step found in a row before it acts, and how it is told whether the row still holds that. */
export interface SeenRow {
  /** By the current key. `null`: the row held no `config.credentials`. */
  readonly fingerprint: string | null;
  readonly fingerprintOf: FingerprintOf;
}

/** For an endpoint that never had plaintext: whatever is found in its row is an edit. */
export const HELD_NOTHING: SeenRow = { fingerprint: null, fingerprintOf: () => ['something'] };

export interface LockedRow {
  readonly secretArn: string | null;
  readonly version: string | null;
  readonly retired: boolean;
  /** What it named when it was retired, and is to name again; `null`: nothing. */
  readonly retiredSecretArn: string | null;
  /** Of what the row holds now, by the current key; `null`: no `config.credentials`. */
  readonly fingerprint: string | null;
  /** By each key that is known. */
  readonly fingerprints: readonly string[];
}

/**
 * The row as it is, locked for the rest of the transaction: nobody edits it between the look and the act. NO KEY: leases and attempts, which
 * refer to the row and do not edit it, need not wait. Fails with `endpoint_unknown`.
 */
export async function lockRow(
  tx: Transaction,
  { endpointId, orgId, fingerprintOf }: { readonly endpointId: string; readonly orgId: string; readonly fingerprintOf: FingerprintOf },
): Promise<LockedRow> {
  const [row] = await tx.$queryRaw<(Pick<LockedRow, 'secretArn' | 'version' | 'retired' | 'retiredSecretArn'> & { credentials: string | null })[]>`
    SELECT secret_arn AS "secretArn", current_version AS version, (config->'credentials')::text AS credentials, retired_at IS NOT NULL AS retired,
           retired_secret_arn AS "retiredSecretArn"
      FROM integration_endpoint WHERE id = ${endpointId} AND org_id = ${orgId} FOR NO KEY UPDATE`;
  if (!row) throw new RcmError('endpoint_unknown', `Organization ${orgId} has no endpoint ${endpointId}.`);
  const { credentials, ...named } = row;
  const fingerprints = credentials === null ? [] : fingerprintOf(new Secret(credentials));
  return { ...named, fingerprint: fingerprints[0] ?? null, fingerprints };
}

/** `unknown`: nothing was recorded, or with a key that is not known any more, so that nothing can be said. */
export type RowSince = 'same' | 'edited' | 'unknown';

/** Whether a row is what was recorded of it. `now`: by each key that is known. */
export function rowSince(recorded: string | null, now: readonly string[]): RowSince {
  const comparable = recorded === null ? undefined : now.find((print) => keyId(print) === keyId(recorded));
  if (comparable === undefined) return 'unknown';
  return recorded === comparable ? 'same' : 'edited';
}

const keyId = (fingerprint: string): string => fingerprint.slice(0, fingerprint.indexOf(':'));
