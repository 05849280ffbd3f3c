import { RcmError, type Secret } from '@rcm/telemetry';
import { z } from 'zod';
import { jsonText } from './payload.ts';

/** Fits into SSM's standard tier whatever it is made of. A portal that needs more is asked for its code at each login. */
const MOST_BYTES = 4_000;

const deviceSchema = z.strictObject({
  device: z.literal(1),
  remembered_at: z.iso.datetime(),
  /** The endpoint whose login made it: where it lies says so too, and both must say the same. */
  endpoint: z.string().max(63),
  state: z.record(z.string(), z.unknown()).nullable(),
});

/** What the portal knows a login's device by, as its driver has read it from the browser and reads it again; `state` is no matter of the stores. */
export interface RememberedDevice {
  /** When the login began that made it, by Postgres's clock. */
  readonly rememberedAt: Date;
  readonly endpointId: string;
  /** `null`: it was dropped. What lies under a name is not removed by the platform. */
  readonly state: object | null;
}

/**
 * The text that a store holds. Fails with `payload_too_large`.
 *
 * @example
 * ```ts
 * const state = { cookies: [{ name: 'device', value: 'only-an-example' }] };
 * const device = new Secret({ rememberedAt: new Date('2026-01-31T12:00:00Z'), endpointId: 'endpoint-1', state });
 * const text = serializeDevice(device);
 * ```
 */
export function serializeDevice(device: Secret<RememberedDevice>): Secret<string> {
  return device.map(({ rememberedAt, endpointId, state }) => {
    const text = jsonText({ device: 1, remembered_at: rememberedAt.toISOString(), endpoint: endpointId, state });
    const bytes = Buffer.byteLength(text, 'utf8');
    if (bytes <= MOST_BYTES) return text;
    throw new RcmError('payload_too_large', `What the portal knows the device by has ${bytes} bytes; ${MOST_BYTES} are kept.`, {
      details: { bytes, limit: MOST_BYTES },
    });
  });
}

/**
 * Reads it again. Fails with `payload_invalid`, and names no value.
 *
 * @example
 * ```ts
 * const config = z.object(credentialsEnvironment).superRefine(checkStores).parse(process.env);
 * const devices = createTenantDevices(tenantStoresOptions(config)).forTenant('hospital-a');
 * const login = parseReference('vault:kv/rcm/prod/hospital-a/endpoints/endpoint-1/account-1');
 * const stored = await devices.read(deviceReference(login, 'endpoint-1'));
 * const device = stored === null ? null : parseDevice(stored.text);
 * ```
 */
export function parseDevice(text: Secret<string>): Secret<RememberedDevice> {
  return text.map((json) => {
    const { success, data } = deviceSchema.safeParse(readJson(json));
    if (!success) throw new RcmError('payload_invalid', 'What lies there is no device.', { details: { reason: 'not_a_device' } });
    return { rememberedAt: new Date(data.remembered_at), endpointId: data.endpoint, state: data.state };
  });
}

/** Without the cause: a SyntaxError quotes what it could not read. */
function readJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
