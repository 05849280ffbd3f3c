import { deviceReference, dropDevice, parseReference } from '@rcm/credentials';
import type { EndpointRow } from '@rcm/db';
import { deviceDates, forgetDevice } from '@rcm/db/ledger';
import { withDeadline } from '@rcm/telemetry';
import { knownEndpoint } from './clear-login.ts';
import { type CommandContext, type PersonalAct, print } from './command.ts';

export interface ForgetDeviceOptions extends PersonalAct {
  readonly endpointId: string;
  readonly dryRun: boolean;
}

/** Milliseconds for its store: it is forgotten already. */
const STORE_MS = 15_000;

/** What became of what lies in the store. `unreached`, `unnamed`: nobody can say; it is used by no login all the same. */
type InStore = Awaited<ReturnType<typeof dropDevice>> | 'unreached' | 'unnamed';

const WORDS: Readonly<Record<InStore, string>> = {
  dropped: 'what was kept is written over',
  none: 'none is kept where its secret lies',
  outrun: 'logins keep theirs meanwhile; say it again',
  unreached: 'what was kept could not be written over in its store; say it again once the store answers',
  unnamed: 'its row names no secret, so no store was looked into',
};

/**
 * `forget-device`: from now on no login uses what the portal knew the device by. Exit code 1 where what was kept lies in its store still, or may, though nobody uses it.
 */
export async function forgetDeviceCommand(context: CommandContext, { endpointId, dryRun, actor, reason }: ForgetDeviceOptions): Promise<number> {
  const { db } = context.opened;
  const endpoint = await knownEndpoint(db, endpointId);
  const { orgId } = endpoint;
  const dates = await deviceDates(db, { orgId, endpointId });
  const keptAt = dates?.keptAt?.toISOString() ?? null;
  if (dryRun) {
    const kept = keptAt === null ? 'none was ever to be kept' : `one was to be kept at ${keptAt}`;
    print(context, { endpointId, dryRun, keptAt, store: null }, [`would forget the device of ${endpointId}: ${kept}; nothing was changed`]);
    return 0;
  }
  await forgetDevice(db, { orgId, endpointId, actor, reason });
  const store = await writeOver(context, endpoint);
  print(context, { endpointId, dryRun, keptAt, store }, [`${endpointId}  forgotten: no login that begins from now on uses what was kept; ${WORDS[store]}`]);
  return store === 'dropped' || store === 'none' ? 0 : 1;
}

async function writeOver({ opened: { rotator }, signal }: CommandContext, { id, orgId, secretArn, portalTypeCode }: EndpointRow): Promise<InStore> {
  const { devices } = rotator;
  if (secretArn === null) return 'unnamed';
  if (!devices) return 'unreached';
  const device = deviceReference(parseReference(secretArn), id);
  const tags = { TenantId: orgId, Environment: device.environment, PortalType: portalTypeCode };
  try {
    return await withDeadline({ ms: STORE_MS, what: 'Writing over the device', signal }, (inTime) =>
      dropDevice(devices.forTenant(orgId), { device, tags }, { signal: inTime }),
    );
  } catch (error) {
    rotator.logger.warn({ err: error, endpointId: id }, 'the device is forgotten, and what was kept of it could not be written over');
    return 'unreached';
  }
}
