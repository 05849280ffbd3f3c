import { createMetrics, RcmError } from '@rcm/telemetry';
import { type CredentialManagerOptions, createCredentialManager } from './credential-manager.ts';
import { FakeStores, referenceOf } from './fake-stores.fixture.ts';
import { ManualClock } from './manual-clock.fixture.ts';

/** How long a value is held, in ms. */
export const TTL = 600_000;
export const reference = referenceOf('org-a', 'e1');
export const down = new RcmError('store_unavailable', 'down');

/** A manager on stores that hold one secret, and what its tests ask of it. */
export class ManagerUnderTest {
  readonly stores = new FakeStores();
  readonly clock = new ManualClock();
  readonly #metrics = createMetrics();
  manager = this.create();

  constructor() {
    this.stores.put(reference, 'one', '1');
  }

  create(options: Partial<CredentialManagerOptions> = {}) {
    return createCredentialManager({ stores: this.stores, metrics: this.#metrics, clock: this.clock, random: () => 0, maxTries: 1, ...options });
  }

  get(version: string | null = null, ref = reference, orgId = ref.organizationId) {
    return this.manager.get({ orgId, reference: ref, version });
  }

  /** A value of the exposition, 0 where the line is not there. */
  async metric(line: string): Promise<number> {
    const lines = (await this.#metrics.exposition()).split('\n');
    return Number(
      lines
        .find((text) => text.startsWith(`${line} `))
        ?.split(' ')
        .at(-1) ?? 0,
    );
  }
}

export async function seen(held: ReturnType<ManagerUnderTest['get']>) {
  const { payload, version, served } = await held;
  return [payload.reveal().password, version, served];
}

export const codeOf = (held: Promise<unknown>) =>
  held.then(
    () => 'no error',
    (error: unknown) => (error instanceof RcmError ? error.code : String(error)),
  );
