import { deviceReference, dropDevice, type SecretReference } from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import type { Migration } from '../migration.ts';

/**
 * What a portal knows the device by stays behind where a login is moved away from, and the row has forgotten it with the move: it is written over there. Never fails: nobody uses it
 * any more, and the guardian removes it with the login's own secret.
 */
export async function dropLeftDevice({ devices, patience, pace, giveUp, logger }: Migration, endpoint: EndpointRow, left: SecretReference): Promise<void> {
  const { id, orgId, portalTypeCode } = endpoint;
  const device = deviceReference(left, id);
  const tags = { TenantId: orgId, Environment: device.environment, PortalType: portalTypeCode };
  await patience(pace.reads(device), () => dropDevice(devices.forTenant(orgId), { device, tags }, { signal: giveUp })).catch((error: unknown) =>
    logger.warn({ err: error, endpointId: id }, 'what the portal knew the device by is forgotten, and could not be written over where the login was'),
  );
}
