import type { SimProcess } from '../time/sim-process.ts';
import type { Instant } from './instant.ts';
import type { SimLogin } from './sim-login.ts';
import type { SimulatedEnvironment } from './simulated-environment.ts';

const HOUR_MS = 3_600_000;

/** Nobody has anything open for longer. */
const LONGEST_MS = 60 * HOUR_MS;

export async function instantComes(environment: SimulatedEnvironment, { plan }: SimLogin, process: SimProcess, instant: Instant): Promise<void> {
  if (instant.when !== 'after') {
    const came =
      instant.when === 'in the next rotation' ? environment.secrets.reached(plan.endpointId, instant) : environment.secrets.promoted(plan.endpointId);
    await Promise.race([came, process.clock.sleep(LONGEST_MS)]);
  }
  await process.clock.sleep(instant.ms);
}
