import type { AttemptInHand } from '../machine/attempt.ts';
import type { AttemptEvent } from '../machine/event.ts';
import { concernsOthers } from '../starting.ts';
import { nothingSubmitted } from './change-evidence.ts';

/** Why the change is not to be tried, by what the journal and the recipe say: neither store nor portal is asked for it. `null`: nothing of that speaks against it. */
export function whyNotTried({ attempt, login, services, heldMs }: AttemptInHand): AttemptEvent | null {
  const { maxTries, giveUpMs } = services.timing;
  if (attempt.reason === 'restored' && attempt.failedSubmits === 0 && attempt.submitDeadlineAt === null)
    return { kind: 'maybe_submitted', detail: 'nobody knows whether this password was submitted before the database was restored' };
  const why = attempt.detail ?? 'the change could not be submitted';
  if (attempt.failedSubmits >= maxTries) return { kind: 'gave_up', detail: why };
  const nothing = nothingSubmitted(attempt);
  if (heldMs > giveUpMs) return { kind: 'gave_up', detail: `${why}; ${nothing}` };
  if (attempt.recipeHash !== services.drivers.for(login.endpoint.portalType).hash)
    return { kind: 'recipe_changed', detail: `the recipe was changed; ${nothing}` };
  return null;
}

/** Also by who has the login now: since it was planned, the attempt may have waited for days. */
export async function whyNotTriedNow(inHand: AttemptInHand): Promise<AttemptEvent | null> {
  const why = whyNotTried(inHand);
  if (why || !(await concernsOthers(inHand.services, inHand.login.endpoint))) return why;
  return {
    kind: 'base_moved',
    detail: `somebody else has come to have this login, or to read it in its row; ${nothingSubmitted(inHand.attempt)}`,
    dueSoon: true,
  };
}
