import { type Clock, hasCode, isRcmError, type Metrics, RcmError, systemClock, withDeadline } from '@rcm/telemetry';
import { placeKey, referenceKey, type SecretReference } from '../reference.ts';
import type { CallOptions, ReadAnswer, ReadManyOptions, SecretReader, StoredSecret } from '../stores/store.ts';
import type { TenantReaders } from '../tenancy/tenant-stores.ts';
import { inRegion } from './in-region.ts';
import { createPlaceCircuits } from './place-circuits.ts';
import { readCopy } from './replica-copy.ts';
import type { ReplicatedStore } from './replicated-store.ts';

export interface FailoverReadersOptions {
  readonly primary: TenantReaders;
  /** The same tenants' readers in the second region. */
  readonly replica: TenantReaders;
  readonly replicaRegion: string;
  readonly metrics: Metrics;
  /** Told when the first region begins and ends to count as down. */
  readonly onTurn?: ((state: 'down' | 'up', store: ReplicatedStore) => void) | undefined;
  /** How long a call to the first region may take, in ms. Default 2000. */
  readonly primaryWaitMs?: number;
  /** Calls in a row that the first region must leave unanswered. Default 2. */
  readonly failuresToOpen?: number;
  /** How long it then is not asked, in ms. Default 10 000. */
  readonly openMs?: number;
  readonly clock?: Clock;
}

/**
 * Reads from the first region, and from the second while the first is down: not answering or not in time, never because it
 * refuses, throttles or has no such secret. What the second one says is marked `from: 'replica'` and carries the first one's
 * version; a secret that it does not have, or not as a copy, fails with `store_unavailable`: only the first one knows what is missing.
 *
 * @example
 * ```ts
 * const shared = { environment: 'prod', roleArn: 'arn:aws:iam::123456789012:role/rcm-prod-agent', kmsKeyId: 'alias/rcm-prod' };
 * const metrics = createMetrics();
 * const stores = createFailoverReaders({
 *   primary: createTenantReaders({ ...shared, region: 'us-east-1' }),
 *   replica: createTenantReaders({ ...shared, region: 'us-west-2' }),
 *   ...{ replicaRegion: 'us-west-2', metrics },
 * });
 * const credentials = createCredentialManager({ stores, metrics });
 * ```
 */
export function createFailoverReaders(options: FailoverReadersOptions): TenantReaders {
  const { primary, replica, replicaRegion, metrics, onTurn, primaryWaitMs = 2_000, failuresToOpen = 2, openMs = 10_000, clock = systemClock } = options;
  const failovers = metrics.counter('rcm_credential_failovers_total');
  const circuitOf = createPlaceCircuits({ metrics, onTurn, failuresToOpen, openMs, clock });

  /** References of one place, as the CredentialManager asks. */
  const readMany = async (orgId: string, references: readonly SecretReference[], call: ReadManyOptions): Promise<ReadonlyMap<string, ReadAnswer>> => {
    const [first] = references;
    const isElsewhere = (reference: SecretReference): boolean => !first || placeKey(reference) !== placeKey(first);
    if (!first || first.store === 'vault' || references.some(isElsewhere)) return primary.forTenant(orgId).readMany(references, call);
    const { store } = first;
    const circuit = circuitOf(first);
    if (circuit.mayAsk()) {
      try {
        const answers = await withDeadline({ ms: primaryWaitMs, what: 'Reading from the first region', ...call }, (signal) =>
          primary.forTenant(orgId).readMany(references, { ...call, signal }),
        );
        circuit.answered();
        return answers;
      } catch (error) {
        if (!hasCode(error, 'store_unavailable', 'deadline_exceeded')) throw error;
        circuit.failed();
        // Once is a mishap: whoever repeats the call asks the first region again.
        if (!circuit.isDown) throw new RcmError('store_unavailable', 'The first region did not answer.', { cause: error });
      }
    }
    failovers.inc({ store });
    return readReplica(replica.forTenant(orgId), replicaRegion, references, call);
  };

  return {
    forTenant(orgId) {
      const { batchSize } = primary.forTenant(orgId);
      const answersOf = (references: readonly SecretReference[], call: ReadManyOptions = {}) => readMany(orgId, references, call);
      return { batchSize, readMany: answersOf, read: (reference, call) => readAlone(answersOf, reference, call) };
    },
    async close() {
      await Promise.all([primary.close(), replica.close()]);
    },
  };
}

async function readAlone(readMany: SecretReader['readMany'], reference: SecretReference, call?: CallOptions): Promise<StoredSecret | null> {
  const answer = (await readMany([reference], call)).get(referenceKey(reference)) ?? null;
  if (isRcmError(answer)) throw answer;
  return answer;
}

async function readReplica(
  reader: SecretReader,
  region: string,
  references: readonly SecretReference[],
  call: ReadManyOptions,
): Promise<ReadonlyMap<string, ReadAnswer>> {
  const twins = references.flatMap((reference) => {
    const twin = inRegion(reference, region);
    return twin ? [{ reference, twin }] : [];
  });
  const answers = await reader.readMany(
    twins.map(({ twin }) => twin),
    call,
  );
  return new Map(twins.map(({ reference, twin }) => [referenceKey(reference), fromReplica(twin, answers.get(referenceKey(twin)) ?? null)]));
}

/** Secrets Manager's replicas keep their version ids; an SSM copy says itself what it is a copy of. */
function fromReplica(twin: SecretReference, answer: ReadAnswer): ReadAnswer {
  if (answer === null || isRcmError(answer)) return notThere(answer);
  if (twin.store === 'secrets-manager') return { text: answer.text, version: answer.version, from: 'replica' };
  const copy = readCopy(answer.text);
  return copy ? { ...copy, from: 'replica' } : notThere(null);
}

const notThere = (cause: RcmError | null): RcmError =>
  new RcmError('store_unavailable', "The store's first region does not answer, and the second one has no copy that could be read.", { cause });
