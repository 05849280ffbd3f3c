import { setTimeout as delay } from 'node:timers/promises';
import type { SoakEnvironment } from '../environment/soak-environment.ts';

/** The kinds of trouble that the issue names; each is made again and again. */
export const FAULT_KINDS = ['rotator killed', 'agent killed', 'postgres restarted', 'store throttles', 'portal fails'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

const STORE_TROUBLE_MS = 5_000;
const MAINTENANCE_MS = 4_000;

/** Makes one fault, and resolves when it is over. `turn` counts the faults of its kind. */
export async function makeFault(kind: FaultKind, soak: SoakEnvironment, turn: number, signal: AbortSignal): Promise<void> {
  switch (kind) {
    case 'rotator killed':
      return soak.rotators[turn % soak.rotators.length]?.kill();
    case 'agent killed':
      return soak.agents[turn % soak.agents.length]?.kill();
    case 'postgres restarted':
      return soak.postgres.restart();
    case 'store throttles':
      soak.testEnvironment.aws.setFaults({ match: turn % 2 === 0 ? 'ssm' : 'secretsmanager', kind: 'throttle', probability: 0.8, seed: turn });
      await delay(STORE_TROUBLE_MS, undefined, { signal }).catch(() => undefined);
      soak.testEnvironment.aws.setFaults([]);
      return;
    case 'portal fails':
      return portalFault(soak, turn, signal);
  }
}

/** In turn: closed for everybody, and changes that end in an error, before or after they were made. */
async function portalFault({ testEnvironment }: SoakEnvironment, turn: number, signal: AbortSignal): Promise<void> {
  const portal = (['alpine', 'cascade', 'borealis'] as const)[Math.floor(turn / 4) % 3] ?? 'alpine';
  const fault = (['500_after_commit', 'maintenance', 'drop_after_commit', '500_before_commit'] as const)[turn % 4] ?? 'maintenance';
  if (fault !== 'maintenance') return testEnvironment.portals.setFault({ portal, fault, count: 2 });
  await testEnvironment.portals.setFault({ portal, fault });
  await delay(MAINTENANCE_MS, undefined, { signal }).catch(() => undefined);
  await testEnvironment.portals.setFault({ portal, fault: 'none' });
}
