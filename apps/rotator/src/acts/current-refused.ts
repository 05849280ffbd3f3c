import { parsePayload, type StoredSecret } from '@rcm/credentials';
import { passwordTries } from '@rcm/db/ledger';
import { accountOf } from '@rcm/portal-access';
import { refusesEverybody } from '../finding/refuses-everybody.ts';
import type { AttemptInHand } from '../machine/attempt.ts';
import { type AttemptEvent, holding } from '../machine/event.ts';
import { otherAccepted, searchFor } from './attempt-search.ts';
import { nothingSubmitted } from './change-evidence.ts';

/** Since this attempt was planned, or before and it cools down, and nobody got in since; and the portal has had its time: a person may have stored it before the portal knew it. */
export async function wasRefused({ services, login, attempt }: AttemptInHand, current: StoredSecret): Promise<boolean> {
  const { orgId, loginIdentity, portalType } = login.endpoint;
  const { fingerprints } = accountOf(services.keys, login.endpoint, parsePayload(current.text));
  const tries = await passwordTries(services.db, { orgId, loginIdentity, fingerprints, since: attempt.createdAt });
  const { provedAt, refusedSince, refusedLastAt, coolsDownUntil, now } = tries;
  const isRefused = refusedSince > 0 || (coolsDownUntil !== null && coolsDownUntil > now);
  if (!isRefused || refusedLastAt === null || (provedAt !== null && provedAt > refusedLastAt)) return false;
  return now.getTime() - refusedLastAt.getTime() >= portalType.propagationDelayMs;
}

/**
 * Somebody has changed the password at the portal; or an older change was made after all, or this very one: an earlier submit of it, which the portal answers
 * late, or one that the database has forgotten. Then the portal accepts another stored password, after an earlier submit most likely the staged one.
 */
export async function currentRefused(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { attempt, login, services } = inHand;
  if (attempt.submitDeadlineAt !== null)
    return (await refusesEverybody(services, login))
      ? othersAreRefusedToo(inHand)
      : { kind: 'maybe_submitted', detail: 'the portal accepts the current password no more, after an earlier submit of the new one' };
  const found = await searchFor(inHand, attempt.createdAt, 'current');
  if (found.kind === 'later') return holding(found.hold);
  if (found.kind === 'found')
    return found.candidate.name.kind === 'current'
      ? holding({ detail: 'the portal refused the current password and then accepted it', forMs: services.timing.retryMs })
      : otherAccepted(inHand, found);
  if (await refusesEverybody(services, login)) return othersAreRefusedToo(inHand);
  return {
    kind: 'current_refused',
    detail: `the portal refused the current password (version ${attempt.baseVersion}) and every copy when it was last asked for each; ${nothingSubmitted(attempt)}`,
  };
}

const othersAreRefusedToo = ({ services }: AttemptInHand): AttemptEvent =>
  holding({ detail: 'the portal refuses the current password, and others too: it may be ill', forMs: services.timing.retryMs });
