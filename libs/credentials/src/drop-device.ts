import { Secret } from '@rcm/telemetry';
import { parseDevice, type RememberedDevice, serializeDevice } from './device.ts';
import type { SecretReference } from './reference.ts';
import type { CallOptions, SecretTags } from './stores/store.ts';
import type { DeviceStore } from './tenancy/owned-devices.ts';

/** Another login may keep its own in between, each time anew: then somebody says it again. */
const MOST_TRIES = 3;

/** A device of nobody's: its time is before any. */
const NOTHING = new Secret<Omit<RememberedDevice, 'endpointId'>>({ rememberedAt: new Date(0), state: null });

/**
 * Writes over what lies there, so that a reader of current secrets finds no device. `none`: there was nothing to write over. `outrun`: logins kept theirs meanwhile, each time. What a
 * store keeps of earlier versions stays, as of every secret. Fails as `DeviceStore` does.
 *
 * @example
 * ```ts
 * const config = z.object(credentialsEnvironment).superRefine(checkStores).parse(process.env);
 * const devices = createTenantDevices(tenantStoresOptions(config));
 * const device = deviceReference(parseReference('vault:kv/rcm/prod/hospital-a/endpoints/endpoint-1/account-1'), 'endpoint-1');
 * const tags = { TenantId: 'hospital-a', Environment: 'prod', PortalType: 'alpine' };
 * const result = await dropDevice(devices.forTenant('hospital-a'), { device, tags });
 * if (result === 'outrun') console.warn('Logins kept theirs meanwhile; drop it again.');
 * ```
 */
export async function dropDevice(
  store: DeviceStore,
  { device, tags }: { readonly device: SecretReference; readonly tags: SecretTags },
  options?: CallOptions,
): Promise<'dropped' | 'none' | 'outrun'> {
  const { endpointId } = device;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const found = await store.read(device, options);
    if (found === null || isEmpty(found.text)) return 'none';
    const text = serializeDevice(NOTHING.map((nothing) => ({ ...nothing, endpointId })));
    if ((await store.write(device, { text, base: found.version, tags }, options)) === 'kept') return 'dropped';
  }
  return 'outrun';
}

/** What is no device at all is written over, too. */
function isEmpty(text: Secret<string>): boolean {
  try {
    return parseDevice(text).reveal().state === null;
  } catch {
    return false;
  }
}
