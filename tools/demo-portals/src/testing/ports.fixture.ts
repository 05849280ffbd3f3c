import { freePort } from '@rcm/test-services';
import type { PortalCode } from '../portal-code.ts';

/** Ports for portals that will be started again on the same ones. */
export const lastingPorts = async (): Promise<Record<PortalCode | 'control', number>> => ({
  alpine: await freePort(),
  borealis: await freePort(),
  cascade: await freePort(),
  control: await freePort(),
});
