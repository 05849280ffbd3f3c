import { parsePasswordRules, parseReference } from '@rcm/credentials';
import { getOpenAttempt, requestRotation, rotationTo } from '@rcm/db/rotation';
import { type MigratedEndpoint, migratedEndpoint } from '@rcm/portal-access';
import { RcmError } from '@rcm/telemetry';
import { rotateAsked } from '../schedule/asked.ts';
import type { RotationOutcome } from '../schedule/rotation-outcome.ts';
import type { RotatorProcess } from '../services.ts';
import { whyNotStart } from '../starting.ts';
import { knownEndpoint } from './clear-login.ts';
import { type CommandContext, type DoneLater, type PersonalAct, print } from './command.ts';
import { report } from './report-rotations.ts';

export interface RollbackOptions extends PersonalAct {
  readonly endpointId: string;
  readonly dryRun: boolean;
}
type Services = Pick<RotatorProcess, 'rotator' | 'db'>;

/**
 * `rollback`: a rotation forward to the previous password, the one of the version that the journal names. Refused before anything is
 * touched where the portal's rules forbid it: it remembers old passwords, or this one is too young to be changed.
 */
export async function rollbackCommand(context: CommandContext, options: RollbackOptions): Promise<number> {
  if (!options.dryRun) return report(context, [await rollBackLogin(context.opened, options, context.signal)]);
  const { endpointId, chosenVersion } = await whereTo(context.opened, options.endpointId);
  print(context, { endpointId, dryRun: true, toVersion: chosenVersion }, [
    `would rotate ${endpointId} back to the password of version ${chosenVersion}; nothing was changed`,
  ]);
  return 0;
}

/** The same for whoever shows it in another way. Fails as the command, with `rotation_refused` among others; then nothing was changed. */
export async function rollBackLogin(
  services: Services,
  { actor, reason, mustBeWanted, ...asked }: PersonalAct & DoneLater & { readonly endpointId: string },
  signal: AbortSignal,
): Promise<RotationOutcome> {
  const { chosenVersion, ...place } = await whereTo(services, asked.endpointId);
  // What is rotated after this is met under the lease: the version that is chosen is then not the one before.
  await mustBeWanted?.();
  const { requestId } = await requestRotation(services.db, { ...place, kind: 'rollback', chosenVersion, actor, reason });
  return rotateAsked(services.rotator, { ...place, kind: 'rollback', requestId }, signal);
}

async function whereTo(services: Services, asked: string): Promise<{ readonly orgId: string; readonly endpointId: string; readonly chosenVersion: string }> {
  const { orgId, id: endpointId } = await knownEndpoint(services.db, asked);
  const endpoint = await migratedEndpoint(services.db, { orgId, endpointId });
  const chosenVersion = await previousVersion(services, endpoint);
  const whyNot = await whyNotStart(services.rotator, endpoint, 'rollback');
  if (whyNot) throw new RcmError(whyNot.code, whyNot.reason);
  return { orgId, endpointId, chosenVersion };
}

async function previousVersion({ db, rotator }: Services, endpoint: MigratedEndpoint): Promise<string> {
  const { orgId, id: endpointId, currentVersion } = endpoint;
  const open = await getOpenAttempt(db, { orgId, loginIdentity: endpoint.loginIdentity });
  if (open) throw new RcmError('state_conflict', `A rotation of endpoint ${endpointId} is open (${open.state}); it must end first. Nothing was changed.`);
  const rotation = currentVersion === null ? null : await rotationTo(db, { orgId, endpointId, version: currentVersion });
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
  const kept = await rotator.stores.forTenant(orgId).readVersion(parseReference(endpoint.secretArn), rotation.previousVersion);
  if (kept === null) throw new RcmError('rotation_refused', `The store keeps the previous version of endpoint ${endpointId} no more. Nothing was changed.`);
  return rotation.previousVersion;
}
