import type { Clock, Metrics } from '@rcm/telemetry';
import { LRUCache } from 'lru-cache';
import { placeKey, type SecretReference } from '../reference.ts';
import type { ReplicatedStore } from './replicated-store.ts';
import { RegionCircuit } from './region-circuit.ts';

export interface PlaceCircuitOptions {
  readonly metrics: Metrics;
  readonly onTurn: ((state: 'down' | 'up', store: ReplicatedStore) => void) | undefined;
  readonly failuresToOpen: number;
  readonly openMs: number;
  readonly clock: Clock;
}

/** More than any deployment has. */
const MOST_PLACES = 1_000;

/**
 * A circuit for each place: SSM may be down where Secrets Manager is not, and one account where another is not. The metric says of each store whether it is down in
 * any place.
 */
export function createPlaceCircuits({
  metrics,
  onTurn,
  ...numbers
}: PlaceCircuitOptions): (reference: SecretReference & { readonly store: ReplicatedStore }) => RegionCircuit {
  const isDown = metrics.gauge('rcm_credential_region_down');
  for (const store of ['ssm', 'secrets-manager'] as const) isDown.set({ store }, 0);
  const down = new Set<string>();
  const circuits = new LRUCache<string, RegionCircuit>({ max: MOST_PLACES });
  const turned = (state: 'down' | 'up', store: ReplicatedStore, key: string): void => {
    if (state === 'down') down.add(key);
    else down.delete(key);
    isDown.set({ store }, [...down].some((each) => each.startsWith(`${store}:`)) ? 1 : 0);
    onTurn?.(state, store);
  };
  return (reference) => {
    const key = placeKey(reference);
    const circuit = circuits.get(key) ?? new RegionCircuit({ ...numbers, onTurn: (state) => turned(state, reference.store, key) });
    circuits.set(key, circuit);
    return circuit;
  };
}
