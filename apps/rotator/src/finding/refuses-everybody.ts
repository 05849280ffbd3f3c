import { refusesOthers } from '@rcm/db/rotation';
import type { RotatorServices } from '../machine/attempt.ts';
import type { LoginInHand } from './login-in-hand.ts';

/** Whether the portal refuses other logins too now, so that what it says of this one means little, and guesses would be wasted. */
export function refusesEverybody({ db, breaker }: Pick<RotatorServices, 'db' | 'breaker'>, { endpoint }: Pick<LoginInHand, 'endpoint'>): Promise<boolean> {
  const { orgId, loginIdentity, portalTypeCode } = endpoint;
  return refusesOthers(db, { orgId, loginIdentity, portalTypeCode, rules: breaker });
}
