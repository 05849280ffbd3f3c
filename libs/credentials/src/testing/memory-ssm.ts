import { type Secret, withDeadline } from '@rcm/telemetry';
import { type SecretReference, secretPath } from '../reference.ts';
import type { SsmCalls } from '../stores/ssm-calls.ts';
import { ssmStoreOn } from '../stores/ssm-on-calls.ts';
import type { ClosableSecretStore, StoredSecret } from '../stores/store.ts';

interface Version {
  readonly number: number;
  readonly text: Secret<string>;
}

interface Parameter {
  readonly modifiedAt: number;
  /** The newest last. */
  readonly versions: readonly Version[];
}

export interface CallHooks {
  /** Awaited before a call, named as Parameter Store names it (`PutParameter`), has its effect. What it throws is what the caller gets, and nothing was done: a store that is down, a session that is denied. */
  readonly before?: (call: string) => void | Promise<void>;
  /** Awaited once it has had its effect. What it throws is what the caller gets: an answer that was lost. */
  readonly after?: (call: string) => void | Promise<void>;
}

export interface MemorySsm {
  /** The store as one process has it: several of one backend see the same secrets, as several processes would. */
  open(hooks?: CallHooks): ClosableSecretStore;
  /** Deletes current with its history, as somebody with every right would; staged copies stay. */
  remove(reference: SecretReference): void;
}

/** As of the product's own stores. */
const CALL_DEADLINE_MS = 10_000;
/** Of one parameter (quotas of Parameter Store, docs.aws.amazon.com/general/latest/gr/ssm.html). */
const VERSIONS_KEPT = 100;

/**
 * Parameter Store in memory, for tests of whoever uses a store. What it opens is the product's own SSM store, with its staging, races and rehearsals, on calls that
 * a map answers; it passes the contract that every store passes. Nothing in it is encrypted, no policy is asked, and no read is behind.
 *
 * @example
 * ```ts
 * const ssm = createMemorySsm();
 * const store = ssm.open();
 * const reference = credentialReference({
 *   ...{ store: 'ssm', partition: 'aws', region: 'us-east-1', accountId: '123456789012', environment: 'test' },
 *   ...{ orgId: 'hospital-a', endpointId: 'endpoint-1', portalAccountId: 'account-1' },
 * });
 * const text = serializePayload(new Secret({ username: 'billing', password: 'only-an-example' }));
 * await store.create(reference, text, { TenantId: 'hospital-a', Environment: 'test', PortalType: 'alpine' });
 * const lost = ssm.open({ before: () => Promise.reject(new RcmError('store_unavailable', 'The store is down.')) });
 * await lost.read(reference).catch((error: unknown) => hasCode(error, 'store_unavailable'));
 * ```
 */
export function createMemorySsm(): MemorySsm {
  const parameters = new Map<string, Parameter>();
  let writes = 0;
  const put = (name: string, text: Secret<string>): number => {
    const versions = parameters.get(name)?.versions ?? [];
    const number = (versions.at(-1)?.number ?? 0) + 1;
    writes += 1;
    parameters.set(name, { modifiedAt: writes, versions: [...versions, { number, text }].slice(-VERSIONS_KEPT) });
    return number;
  };
  return {
    open: (hooks = {}) => ssmStoreOn(callsOn(parameters, put, hooks)),
    remove: (reference) => void parameters.delete(`/${secretPath(reference)}`),
  };
}

function callsOn(parameters: Map<string, Parameter>, put: (name: string, text: Secret<string>) => number, { before, after }: CallHooks): SsmCalls {
  const call = <T>(what: string, signal: AbortSignal | undefined, effect: () => T): Promise<T> =>
    withDeadline({ ms: CALL_DEADLINE_MS, what, ...(signal ? { signal } : {}) }, async () => {
      await before?.(what);
      const answer = effect();
      await after?.(what);
      return answer;
    });
  const newest = (name: string): StoredSecret | null => stored(parameters.get(name)?.versions.at(-1));
  return {
    get: (name, options) => call('GetParameter', options?.signal, () => newest(name)),
    getVersion: (name, number, options) =>
      call('GetParameterHistory', options?.signal, () => stored(parameters.get(name)?.versions.find((version) => version.number === number))),
    getMany: (names, options) =>
      call('GetParameters', options?.signal, () => {
        const found = names.map((name) => [name, newest(name)] as const);
        return new Map(found.flatMap(([name, secret]) => (secret ? [[name, secret] as const] : [])));
      }),
    list: (path, options) =>
      call('GetParametersByPath', options?.signal, () =>
        [...parameters]
          .filter(([name]) => name.startsWith(`${path}/`))
          .sort(([, one], [, other]) => other.modifiedAt - one.modifiedAt)
          .map(([name]) => name.slice(path.length + 1)),
      ),
    create: (name, { text }, options) => call('PutParameter', options?.signal, () => (parameters.has(name) ? null : String(put(name, text)))),
    overwrite: (name, text, _tier, options) => call('PutParameter', options?.signal, () => put(name, text)),
    history: (name, options) =>
      call('GetParameterHistory', options?.signal, () =>
        (parameters.get(name)?.versions ?? []).map(({ number }) => ({ version: number, labels: [], allowedPattern: null })),
      ),
    // The one pattern that it is ever called with matches nothing, so nothing is written.
    tryOverwrite: (_name, _text, _pattern, options) => call('PutParameter', options?.signal, () => null),
    remove: (name, options) => call('DeleteParameter', options?.signal, () => void parameters.delete(name)),
    close: () => undefined,
  };
}

const stored = (version: Version | undefined): StoredSecret | null => (version ? { text: version.text, version: String(version.number) } : null);
