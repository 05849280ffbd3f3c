import { requestRotation } from '@rcm/db/rotation';
import { rotateAndReport, type Rotator } from '@rcm/rotator';
import { eachAtOnce } from '../measured-environment/at-once.ts';
import { timedDrivers } from './timed-drivers.ts';
import type { WayOptions } from './way-options.ts';

/** The product's rotator, with journal, ledger, leases and all, as many at once as its process takes. Throws where one did not end as done. */
export async function rotateWithProduct({ opened, endpoints, signal, atOnce, onClosed }: WayOptions): Promise<void> {
  const rotator: Rotator = { ...opened.rotator, drivers: timedDrivers(opened.rotator.drivers, onClosed) };
  await eachAtOnce(endpoints, atOnce.works, async (endpoint) => {
    const place = { orgId: endpoint.orgId, endpointId: endpoint.id };
    const { requestId } = await requestRotation(rotator.db, { ...place, kind: 'demand', actor: 'person:os:bench', reason: 'bench' });
    const { result, detail } = await rotateAndReport(rotator, { ...place, reason: 'demand', requestId, signal });
    if (result !== 'done') throw new Error(`${endpoint.id} ended as ${result}: ${detail ?? ''}`);
  });
}
