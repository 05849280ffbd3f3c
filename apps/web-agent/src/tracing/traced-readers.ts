import type { SecretReader, TenantReaders } from '@rcm/credentials';
import type { Tracing } from '@rcm/portal-access/tracing';

/**
 * The same stores, whose reads are spans of whatever asked for them. A call that answers several tasks at once is in the trace of the first. What is asked for is not
 * said, only how much: a reference names a tenant.
 */
export function tracedReaders(stores: TenantReaders, tracing: Tracing): TenantReaders {
  const traced = (reader: SecretReader): SecretReader => ({
    read: (reference, options) => tracing.within(span(1), () => reader.read(reference, options)),
    readMany: (references, options) => tracing.within(span(references.length), () => reader.readMany(references, options)),
    get batchSize() {
      return reader.batchSize;
    },
  });
  return { forTenant: (orgId) => traced(stores.forTenant(orgId)), close: () => stores.close() };
}

const span = (secrets: number) => ({ name: 'store read', attributes: { 'rcm.secrets': secrets } });
