import { parsePayload } from '@rcm/credentials';
import { claimUnusedLogins, type UnusedLogin, wasKeptAlive } from '@rcm/db/rotation';
import { migratedEndpoint } from '@rcm/portal-access';
import { askHeld } from '../finding/held-login.ts';
import { readCurrent } from '../finding/login-in-hand.ts';
import { withLoginOutsideRotation } from '../finding/outside-rotation.ts';
import { reconcileCurrent } from '../mending/reconcile-current.ts';
import type { Rotator } from '../rotator.ts';

const HOUR_MS = 3_600_000;
/** Until what did not get in is tried again: several times before people are told. */
const RETRY_MS = 6 * HOUR_MS;
/** The portal let it in, and still does not count it as used: only a login with its second factor does, and none was asked for. A person is told in time. */
const NOT_COUNTED_MS = 72 * HOUR_MS;

export type KeptAlive = 'kept' | 'not_counted' | 'not_in' | 'put_off';

/**
 * One login, inside the ledger and under the exclusive lease like any other, for each of the logins that their portal would disable for not being used, or
 * that nobody has used for as long as their portal type says. Changes
 * nothing; what the portal answers is noted, told and mended as after every login.
 */
export async function keepAlive(
  rotator: Rotator,
  { limit, signal, intake = signal }: { readonly limit: number; readonly signal: AbortSignal; readonly intake?: AbortSignal },
): Promise<readonly { readonly endpointId: string; readonly result: KeptAlive }[]> {
  const results: { endpointId: string; result: KeptAlive }[] = [];
  for (const unused of await claimUnusedLogins(rotator.db, { limit, coolDownMs: RETRY_MS })) {
    if (intake.aborted) break;
    const result = await logIn(rotator, unused, signal);
    rotator.logger.info({ endpointId: unused.endpointId, outcome: result }, 'a login was made at an account that nobody uses');
    results.push({ endpointId: unused.endpointId, result });
  }
  return results;
}

/** What cannot be done now is done when it has cooled down: the claim says so. */
async function logIn(rotator: Rotator, unused: UnusedLogin, signal: AbortSignal): Promise<KeptAlive> {
  try {
    const endpoint = await migratedEndpoint(rotator.db, unused);
    return await withLoginOutsideRotation(rotator, endpoint, signal, async (login) => {
      const current = await readCurrent(login);
      if ((await reconcileCurrent(rotator, login, current)) !== null) return 'put_off';
      const result = await askHeld(rotator, login, { payload: parsePayload(current.text), version: current.version, attemptId: null });
      if (result.kind !== 'accepted') return 'not_in';
      return (await wasKeptAlive(rotator.db, { ...unused, coolDownMs: NOT_COUNTED_MS })) ? 'kept' : 'not_counted';
    });
  } catch (error) {
    rotator.logger.warn({ err: error, endpointId: unused.endpointId }, 'a login that nobody uses could not be made; it is tried again');
    return 'put_off';
  }
}
