import { parseReference, type StoredSecret } from '@rcm/credentials';
import type { HeldLease } from '@rcm/db/holding';
import type { MigratedEndpoint } from '@rcm/portal-access';
import { RcmError } from '@rcm/telemetry';
import type { Rotator } from '../rotator.ts';
import type { ResolveOptions } from './resolve-options.ts';

interface Asked {
  readonly rotator: Rotator;
  readonly endpoint: MigratedEndpoint;
  readonly options: Pick<ResolveOptions, 'seen'>;
}

/** What the secret holds, whatever the person has looked at. Fails with `secret_missing`. */
export async function storedNow({ rotator, endpoint }: Pick<Asked, 'rotator' | 'endpoint'>, signal: AbortSignal): Promise<StoredSecret> {
  const current = await rotator.stores.forTenant(endpoint.orgId).read(parseReference(endpoint.secretArn), { signal });
  if (current === null) throw new RcmError('secret_missing', `The secret of endpoint ${endpoint.id} is not in its store. Nothing was changed.`);
  return current;
}

/** The same, of the version that the person has looked at. Fails with `store_conflict` where it is another one by now. */
export async function readCurrent(asked: Asked, held: HeldLease): Promise<StoredSecret> {
  const current = await storedNow(asked, held.signal);
  const { seen } = asked.options;
  if (seen === null || seen === current.version) return current;
  throw new RcmError(
    'store_conflict',
    `The secret has version ${current.version} now, and what you say is of version ${seen}: look at it again (--dry-run). Nothing was changed.`,
  );
}
