import { parsePasswordRules, parseReference } from '@rcm/credentials';
import { findEndpoint, getOpenAttempt, requestRotation, rotationTo } from '@rcm/db';
import { type MigratedEndpoint, migratedEndpoint } from '@rcm/portal-access';
import { RcmError } from '@rcm/telemetry';
import { rotateAsked } from '../schedule/asked.ts';
import { whyNotStart } from '../starting.ts';
import { type CommandContext, type PersonalAct, print } from './command.ts';
import { report } from './rotate.ts';

export interface RollbackOptions extends PersonalAct {
  readonly endpointId: string;
  readonly dryRun: boolean;
}

/**
 * `rollback`: a rotation forward to the previous password, the one of the version that the journal names. Refused before anything is
 * touched where the portal's rules forbid it: it remembers old passwords, or this one is too young to be changed.
 */
export async function rollbackCommand(context: CommandContext, options: RollbackOptions): Promise<number> {
  const { db, rotator } = context.opened;
  const found = await findEndpoint(db, { endpointId: options.endpointId });
  if (!found) throw new RcmError('endpoint_unknown', `There is no endpoint ${options.endpointId}. Nothing was changed.`);
  const endpoint = await migratedEndpoint(db, { orgId: found.orgId, endpointId: found.id });
  const chosenVersion = await previousVersion(context, endpoint);
  const whyNot = await whyNotStart(rotator, endpoint, 'rollback');
  if (whyNot) throw new RcmError(whyNot.code, whyNot.reason);
  if (options.dryRun) {
    print(context, { endpointId: endpoint.id, dryRun: true, toVersion: chosenVersion }, [
      `would rotate ${endpoint.id} back to the password of version ${chosenVersion}; nothing was changed`,
    ]);
    return 0;
  }
  const place = { orgId: endpoint.orgId, endpointId: endpoint.id };
  const { requestId } = await requestRotation(db, { ...place, kind: 'rollback', chosenVersion, actor: options.actor, reason: options.reason });
  return report(context, [await rotateAsked(rotator, { ...place, kind: 'rollback', requestId }, context.signal)]);
}

async function previousVersion({ opened }: CommandContext, endpoint: MigratedEndpoint): Promise<string> {
  const { orgId, id: endpointId, currentVersion } = endpoint;
  const open = await getOpenAttempt(opened.db, { orgId, loginIdentity: endpoint.loginIdentity });
  if (open) throw new RcmError('state_conflict', `A rotation of endpoint ${endpointId} is open (${open.state}); it must end first. Nothing was changed.`);
  const rotation = currentVersion === null ? null : await rotationTo(opened.db, { orgId, endpointId, version: currentVersion });
  if (!rotation?.previousVersion)
    throw new RcmError(
      'rotation_refused',
      `The journal names no password before the current one of endpoint ${endpointId}: it was not made by a rotation. Nothing was changed.`,
    );
  const { history, differs, reusePercent } = parsePasswordRules(endpoint.portalType.passwordRules);
  if (differs > 0 || reusePercent !== null)
    throw new RcmError(
      'rotation_refused',
      `Portal type ${endpoint.portalTypeCode} takes only passwords that differ enough from the current one, and nobody has made the previous one so. Nothing was changed; \`rotator rotate\` gives a new password instead.`,
    );
  if (history > 0)
    throw new RcmError(
      'rotation_refused',
      `Portal type ${endpoint.portalTypeCode} remembers the last ${history} passwords and would refuse the previous one. Nothing was changed; \`rotator rotate\` gives a new password instead.`,
    );
  const kept = await opened.rotator.stores.forTenant(orgId).readVersion(parseReference(endpoint.secretArn), rotation.previousVersion);
  if (kept === null) throw new RcmError('rotation_refused', `The store keeps the previous version of endpoint ${endpointId} no more. Nothing was changed.`);
  return rotation.previousVersion;
}
