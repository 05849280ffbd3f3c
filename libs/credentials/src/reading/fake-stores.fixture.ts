import { RcmError, Secret } from '@rcm/telemetry';
import { credentialReference, referenceKey, type SecretReference } from '../reference.ts';
import type { ReadAnswer, SecretReader, StoredSecret } from '../stores/store.ts';
import type { TenantReaders } from '../tenancy/tenant-stores.ts';

export interface AskedBatch {
  readonly orgId: string;
  readonly size: number;
}

/** Readers over a map, whose calls are counted and can be held, failed, or answered for one reference alone. */
export class FakeStores implements TenantReaders {
  readonly secrets = new Map<string, StoredSecret>();
  readonly refused = new Map<string, RcmError>();
  readonly batches: AskedBatch[] = [];
  down: RcmError | null = null;
  /** While set, calls wait here before they look. */
  held: Promise<void> | null = null;
  batchSize = 10;
  /** Calls that each batch costs beyond its first. */
  furtherCalls = 0;
  /** As of a dedicated deployment, which serves one organization. */
  unserved: string | null = null;

  put(reference: SecretReference, password: string, version: string): void {
    this.secrets.set(referenceKey(reference), { text: new Secret(JSON.stringify({ username: 'u', password })), version });
  }

  forTenant(orgId: string): SecretReader {
    if (orgId === this.unserved) throw new RcmError('reference_not_yours', 'not served here');
    return {
      batchSize: this.batchSize,
      read: () => Promise.reject(new Error('the manager reads in batches')),
      readMany: async (references, options) => {
        this.batches.push({ orgId, size: references.length });
        for (let call = 0; call < this.furtherCalls; call += 1) options?.onFurtherCall?.();
        const seen = references.map((reference): [string, ReadAnswer] => [referenceKey(reference), this.#answer(reference)]);
        if (this.held) await this.held;
        if (this.down) throw this.down;
        return new Map(seen);
      },
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #answer(reference: SecretReference): ReadAnswer {
    const key = referenceKey(reference);
    return this.refused.get(key) ?? this.secrets.get(key) ?? null;
  }
}

export const referenceOf = (orgId: string, endpointId: string): SecretReference =>
  credentialReference({
    store: 'ssm',
    partition: 'aws',
    region: 'us-east-1',
    accountId: '123456789012',
    environment: 'test',
    orgId,
    endpointId,
    portalAccountId: 'a',
  });
