import type { Edit } from './planted-fault.ts';

export const acts = (name: string): string => `apps/rotator/src/acts/${name}.ts`;
export const finding = (name: string): string => `apps/rotator/src/finding/${name}.ts`;
export const mending = (name: string): string => `apps/rotator/src/mending/${name}.ts`;
export const access = (name: string): string => `libs/portal-access/src/${name}.ts`;
export const stores = (name: string): string => `libs/credentials/src/stores/${name}.ts`;
export const time = (name: string): string => `tools/simulation/src/time/${name}.ts`;
export const portal = (name: string): string => `tools/simulation/src/portal/${name}.ts`;
export const database = (name: string): string => `tools/simulation/src/database/${name}.ts`;

export const HELD_FOR_EVER: Edit = {
  file: 'libs/db/src/leases/held-lease.ts',
  from: 'if (lost.signal.aborted || Math.max(elapsed - renewedAt.elapsed, now - renewedAt.now) + forMs >= timing.ttlMs) throw lose();',
  to: 'if (forMs + elapsed + now < 0) throw lose();',
};
