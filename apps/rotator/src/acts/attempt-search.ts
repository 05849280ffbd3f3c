import { findAccepted } from '../finding/find-accepted.ts';
import type { Found, Search } from '../finding/search.ts';
import { foundOf } from '../finding/candidate.ts';
import type { AttemptInHand } from '../machine/attempt.ts';
import type { AttemptEvent } from '../machine/event.ts';

/** What the search is told of this attempt; `since`: from when on a refusal is evidence. */
export const searchFor = (inHand: AttemptInHand, since: Date, asksTwice: Search['asksTwice']): Promise<Found> =>
  findAccepted({
    services: inHand.services,
    login: inHand.login,
    attemptId: inHand.attempt.id,
    since,
    asksTwice,
    isUnsent: inHand.isUnsent,
  });

/** The portal accepts a password that is not current: it is to become current. */
export function otherAccepted(inHand: AttemptInHand, found: Extract<Found, { kind: 'found' }>): AttemptEvent {
  const name = foundOf(found.candidate.name, inHand.attempt.id);
  inHand.proven = found.candidate.password;
  return {
    kind: 'other_accepted',
    found: name,
    detail: name === 'staged' ? 'the portal accepts the staged password' : `the portal accepts another stored password: ${name}`,
  };
}
