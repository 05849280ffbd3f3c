import { requestRotation } from '@rcm/db';
import { rotateAndReport, type Rotator } from '@rcm/rotator';
import type { WorldEndpoint } from '@rcm/test-world';
import type { Measured } from './measured.ts';
import { AT_ONCE, type RotationWorld } from './rotation-world.ts';
import { timedDrivers } from './timed-drivers.ts';

/** The product's rotator, with journal, ledger, leases and all, as many at once as its process takes. Throws where one did not end as done. */
export async function rotateWithProduct({ opened }: RotationWorld, endpoints: readonly WorldEndpoint[], signal: AbortSignal): Promise<Measured> {
  let browserMs = 0;
  const rotator: Rotator = { ...opened.rotator, drivers: timedDrivers(opened.rotator.drivers, (ms) => (browserMs += ms)) };
  const waiting = [...endpoints];
  const work = async (): Promise<void> => {
    for (let endpoint = waiting.shift(); endpoint; endpoint = waiting.shift()) {
      const place = { orgId: endpoint.orgId, endpointId: endpoint.id };
      const { requestId } = await requestRotation(rotator.db, { ...place, kind: 'demand', actor: 'person:os:bench', reason: 'bench' });
      const { result, detail } = await rotateAndReport(rotator, { ...place, reason: 'demand', requestId, signal });
      if (result !== 'done') throw new Error(`${endpoint.id} ended as ${result}: ${detail ?? ''}`);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { rotations: endpoints.length, tookMs: performance.now() - startedAt, browserMs };
}
