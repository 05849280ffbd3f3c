import { isRcmError, RcmError } from '@rcm/telemetry';
import { parsePayload } from '../payload.ts';
import type { SecretReference } from '../reference.ts';
import type { ReadCredential } from './credential-cache.ts';
import type { ReadBatcher } from './read-batcher.ts';

/** What the store has, as a payload. Fails with `secret_missing`, `payload_invalid`, and as the batch does. */
export async function readOne(batcher: ReadBatcher, orgId: string, reference: SecretReference, signal: AbortSignal): Promise<ReadCredential> {
  const stored = await batcher.read(orgId, reference, signal);
  if (stored === null) throw new RcmError('secret_missing', 'The secret is not in its store.');
  if (isRcmError(stored)) throw stored;
  return { payload: parsePayload(stored.text), version: stored.version, from: stored.from ?? 'store' };
}
