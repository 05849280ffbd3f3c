import { recordAuditEvent } from '@rcm/db';
import { remainingBudget } from '@rcm/db/ledger';
import { type MigratedEndpoint, migratedEndpoint } from '@rcm/portal-access';
import { RcmError } from '@rcm/telemetry';
import { readCurrent } from '../finding/login-in-hand.ts';
import { mustHaveNoRotation, withLoginOutsideRotation } from '../finding/outside-rotation.ts';
import { reconcileCurrent } from '../mending/reconcile-current.ts';
import { proveLogin } from '../prove-login.ts';
import type { Rotator } from '../rotator.ts';
import type { RotatorProcess } from '../services.ts';
import { knownEndpoint } from './clear-login.ts';
import { type CommandContext, type PersonalAct, print } from './command.ts';

export interface VerifyOptions extends PersonalAct {
  readonly endpointId: string;
  readonly dryRun: boolean;
}

/**
 * `verify`: one login inside the ledger's budget with what the store holds, to learn whether the portal accepts it. Changes no password; a secret that somebody
 * saved from an old copy is put right first, as before every rotation. Fails with `login_rejected` where
 * the portal refuses it, `login_not_allowed` where the ledger lets nobody try, `state_conflict` while a rotation of it is open.
 */
export async function verifyCommand(context: CommandContext, options: VerifyOptions): Promise<number> {
  const { rotator, db } = context.opened;
  const endpoint = await endpointOf(rotator, options.endpointId);
  const endpointId = endpoint.id;
  await mustHaveNoRotation(rotator, endpoint);
  const before = await remainingBudget(db, endpoint);
  if (options.dryRun) {
    print(context, { endpointId, dryRun: true, failuresLeft: before.failuresLeft }, [
      `would spend one login of ${endpointId}; ${left(before)}; nothing was done`,
    ]);
    return 0;
  }
  const after = await verifyLogin(context.opened, options, context.signal);
  print(context, { endpointId, dryRun: false, verified: true, failuresLeft: after.failuresLeft }, [
    `${endpointId}  the portal accepts the stored password; ${left(after)}`,
  ]);
  return 0;
}

/** The same for whoever shows it in another way; returns what is left of the budget. Fails as `verifyCommand`. */
export async function verifyLogin(
  { rotator, db }: Pick<RotatorProcess, 'rotator' | 'db'>,
  { actor, reason, ...asked }: PersonalAct & { readonly endpointId: string },
  signal: AbortSignal,
): ReturnType<typeof remainingBudget> {
  const endpoint = await endpointOf(rotator, asked.endpointId);
  const { orgId, id: endpointId } = endpoint;
  await mustHaveNoRotation(rotator, endpoint);
  await recordAuditEvent(db, { orgId, actor, action: 'login.verify', subject: endpointId, reason });
  await withLoginOutsideRotation(rotator, endpoint, signal, async (login) => {
    const current = await readCurrent(login);
    const reconciled = await reconcileCurrent(rotator, login, current);
    if (reconciled)
      throw new RcmError('state_conflict', `The secret was changed by hand, which is reconciled first (${reconciled}). No login was spent; say it again.`);
    await proveLogin(rotator, endpoint, login.held, { stored: current.text, version: current.version, actor: 'person', what: 'the stored password' });
  });
  return remainingBudget(db, endpoint);
}

/** Fails with `endpoint_unknown`, `state_conflict` where its login is not in the store. */
export async function endpointOf(rotator: Rotator, endpointId: string): Promise<MigratedEndpoint> {
  const { orgId } = await knownEndpoint(rotator.db, endpointId);
  return migratedEndpoint(rotator.db, { orgId, endpointId });
}

/** For people: what is left of the budget of failures. */
export const left = ({ failuresLeft, until }: Awaited<ReturnType<typeof remainingBudget>>): string =>
  `${failuresLeft} failed logins left${failuresLeft === 0 && until ? `, more after ${until.toISOString()}` : ''}`;
