import {
  deviceReference,
  parseDevice,
  parseReference,
  type RememberedDevice,
  type SecretReference,
  serializeDevice,
  type TenantDevices,
} from '@rcm/credentials';
import type { Database } from '@rcm/db';
import { deviceValidity, type DeviceValidity, noteDevice } from '@rcm/db/ledger';
import type { DeviceRules, KnownDevice, LoginOutcome } from '@rcm/portal-drivers';
import { type Logger, type Metrics, Secret, withDeadline } from '@rcm/telemetry';
import type { MigratedEndpoint } from './migrated-endpoint.ts';

/** Milliseconds for the store, before a login and after it: as long as one call of a store may take. A login goes on without it. */
const STORE_MS = 10_000;
const DAY_MS = 86_400_000;

/** What of a login's device its guarded login asks for. Nothing here ever fails, keeps a login from being made, or is a reason for another one. */
export interface LoginDevice {
  /** By what the portal is to know the device, asked once, right before the browser is opened; `null`: it knows none that may be used. */
  load(): Promise<Secret<object> | null>;
  /** How the login ended; under its lease still. */
  ended(login: EndedLogin): Promise<void>;
}

interface EndedLogin {
  readonly outcome: LoginOutcome['kind'];
  /** `null`: nothing was sent. */
  readonly loginAttemptId: string | null;
  /** By what the portal knows the device now; only where it was accepted. */
  readonly device: KnownDevice | undefined;
  /** Whether it was asked for a code, and had one. */
  readonly withCode: boolean;
}

export interface LoginDeviceOptions {
  readonly db: Database;
  readonly logger: Logger;
  readonly metrics?: Metrics | undefined;
  readonly devices: TenantDevices;
  readonly endpoint: MigratedEndpoint;
  readonly leaseId: string;
  readonly rules: DeviceRules;
  /** Whether a first one is made here; a rotator uses, renews and drops what agents made. */
  readonly making: 'may make' | 'never makes';
  readonly signal: AbortSignal;
}

/** What was found before the login. */
interface Loaded {
  readonly validity: DeviceValidity;
  /** `null`: nothing lies there. */
  readonly version: string | null;
  /** Whether something lies there that is a device still. */
  readonly isHeld: boolean;
  readonly usable: Secret<object> | null;
}

/**
 * The device of one login: read before it, kept after it where the portal has made it another one. It is used only as long as the portal is said to know it, and only what no
 * later word has made the portal or us forget: a person's, a compromise, a change of the password, another secret of the row. Of two logins at once the first to write wins.
 */
export function loginDevice(options: LoginDeviceOptions): LoginDevice {
  const { db, endpoint, devices, logger, metrics, signal } = options;
  const owner = { orgId: endpoint.orgId, endpointId: endpoint.id };
  let loaded: Loaded | null = null;

  const inTime = <T>(what: string, act: (inTime: AbortSignal) => Promise<T>): Promise<T> => withDeadline({ ms: STORE_MS, what, signal }, act);
  const without = (what: string) => (error: unknown) => {
    logger.warn({ err: error, endpointId: endpoint.id }, what);
    return null;
  };
  const reference = () => deviceReference(parseReference(endpoint.secretArn), endpoint.id);

  async function read(inTime: AbortSignal): Promise<Loaded> {
    const validity = await deviceValidity(db, owner);
    const stored = await devices.forTenant(endpoint.orgId).read(reference(), { signal: inTime });
    if (stored === null) return { validity, version: null, isHeld: false, usable: null };
    const device = parseDevice(stored.text);
    return { validity, version: stored.version, isHeld: device.reveal().state !== null, usable: usableState(device, validity, options) };
  }

  async function write({ loginAttemptId }: EndedLogin, { validity, version }: Loaded, state: Secret<object> | null): Promise<void> {
    const device: Secret<RememberedDevice> = (state ?? NOTHING).map((kept) => ({ rememberedAt: validity.now, endpointId: endpoint.id, state: kept }));
    const text = serializeDevice(device);
    await noteDevice(db, { ...owner, leaseId: options.leaseId, loginAttemptId, act: state === null ? 'dropped' : 'kept' });
    const tags = tagsOf(reference(), endpoint);
    const ended = await inTime('Keeping the device', (inTime) =>
      devices.forTenant(endpoint.orgId).write(reference(), { text, base: version, tags }, { signal: inTime }),
    );
    if (ended === 'outrun') logger.debug({ endpointId: endpoint.id }, 'another login has kept its device first; this one is not kept');
  }

  return {
    async load() {
      loaded = await inTime('Reading the device', read).catch(without('what the portal knows the device by could not be read; the login goes on without it'));
      return loaded?.usable ?? null;
    },
    async ended(login) {
      if (login.outcome === 'accepted') metrics?.counter('rcm_device_logins_total').inc({ device: howKnown(loaded, login) });
      if (loaded === null) return;
      const state = stateToKeep(loaded, login, options.making);
      if (state === undefined) return;
      await write(login, loaded, state).catch(without('what the portal knows the device by could not be kept; it asks for a code next time'));
    },
  };
}

const NOTHING = new Secret<object | null>(null);

function usableState(
  device: Secret<RememberedDevice>,
  { now, forgottenAt, lastRotatedAt }: DeviceValidity,
  { endpoint, rules }: LoginDeviceOptions,
): Secret<object> | null {
  const { rememberedAt, endpointId, state } = device.reveal();
  const isOver = now.getTime() - rememberedAt.getTime() >= rules.days * DAY_MS || rememberedAt > now;
  const isForgotten = forgottenAt !== null && rememberedAt <= forgottenAt;
  const isChanged = rules.forgottenOnChange && lastRotatedAt !== null && rememberedAt <= lastRotatedAt;
  return state === null || endpointId !== endpoint.id || isOver || isForgotten || isChanged ? null : new Secret(state);
}

/** With a device such ends may be its fault: a page that is another one for whoever is known, a portal that does not know it. The next login goes without it. */
const MAY_BE_ITS_FAULT: ReadonlySet<LoginOutcome['kind']> = new Set(['unknown', 'challenged', 'mfa_required', 'mfa_rejected']);

/** `undefined`: what lies there stays as it is. `null`: it is of no use any more, and goes. */
function stateToKeep(
  { usable, isHeld, version }: Loaded,
  { outcome, device }: EndedLogin,
  making: LoginDeviceOptions['making'],
): Secret<object> | null | undefined {
  if (outcome !== 'accepted') return usable !== null && MAY_BE_ITS_FAULT.has(outcome) ? null : undefined;
  if (version === null && making === 'never makes') return undefined;
  if (device) return device.isNew ? device.state : undefined;
  return isHeld ? null : undefined;
}

const howKnown = (loaded: Loaded | null, { withCode }: EndedLogin): string => {
  if (loaded === null) return 'unread';
  if (loaded.usable === null) return 'none';
  return withCode ? 'asked' : 'known';
};

/** As of the login's own secret: a tenant's policies match on them. */
const tagsOf = ({ environment, organizationId }: SecretReference, { portalTypeCode }: MigratedEndpoint) => ({
  ...{ TenantId: organizationId, Environment: environment, PortalType: portalTypeCode },
});
