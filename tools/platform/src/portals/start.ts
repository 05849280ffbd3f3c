import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { DataFolder } from '../data/folder.ts';
import type { Supervisor } from '../processes/supervisor.ts';
import type { PortalCode } from '../seed/portal-types.ts';
import { PortalControl } from './control.ts';

const site = z.object({ baseUrl: z.string() });
const readySchema = z.object({ portals: z.object({ alpine: site, borealis: site, cascade: site }), control: site });

export interface RunningPortals {
  readonly baseUrls: Readonly<Record<PortalCode, string>>;
  readonly control: PortalControl;
  readonly controlUrl: string;
  stop(): Promise<void>;
}

const STOP_MS = 10_000;
/** Agent and rotator finish first, when we are killed. */
const LINGER_MS = 5_000;

/** Starts the demo portals as a process. They remember their accounts and addresses in the data folder. */
export async function startPortals(folder: DataFolder, supervisor: Supervisor): Promise<RunningPortals> {
  const managed = supervisor.start({
    name: 'demo-portals',
    script: fileURLToPath(new URL('../../../demo-portals/src/main.ts', import.meta.url)),
    args: ['--data-file', join(folder.portals, 'portals.sqlite')],
    environment: {},
    lingerMs: LINGER_MS,
  });
  const ready = await managed.announced((line) => readySchema.safeParse(line).data ?? null);
  const { alpine, borealis, cascade } = ready.portals;
  return {
    baseUrls: { alpine: alpine.baseUrl, borealis: borealis.baseUrl, cascade: cascade.baseUrl },
    control: new PortalControl(ready.control.baseUrl),
    controlUrl: ready.control.baseUrl,
    stop: () => managed.stop(STOP_MS),
  };
}
