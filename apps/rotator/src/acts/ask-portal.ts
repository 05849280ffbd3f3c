import { parsePayload } from '@rcm/credentials';
import { changeWasRefused } from '@rcm/db/ledger';
import { accountOf, noteUnmadeChange } from '@rcm/portal-access';
import { refusesEverybody } from '../finding/refuses-everybody.ts';
import type { AttemptInHand } from '../machine/attempt.ts';
import { type AttemptEvent, holding } from '../machine/event.ts';
import { accountLeft } from './account-left.ts';
import { otherAccepted, searchFor } from './attempt-search.ts';
import { afterSubmitDeadline, currentOf } from './submit-change.ts';

/** The rule of a change that a portal makes once a person has opened the link that it has sent (docs/portal-recipes.md). */
const LINK_WANTED = 'link_wanted';
const UNTIL_OPENED =
  'until somebody opens the link that it has sent: to have the new one, open it, and the next login that is refused finds the new one by itself';

/**
 * `submitting`, after the submit deadline and the propagation delay: only the portal knows whether the change was made. Where it accepts the current password, it
 * made none: the same one is submitted again, unless that was tried often enough or the portal has said by which rule it refuses it. Where it accepts nothing
 * that is stored, a person must decide; but not while the portal calls everybody's password wrong.
 */
export async function askWhatHolds(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { attempt, login, services } = inHand;
  if (!inHand.mayAsk || attempt.submitDeadlineAt === null) return afterSubmitDeadline(inHand, 'waiting for the portal to have had its time');
  const { propagationDelayMs } = login.endpoint.portalType;
  const left = await accountLeft(inHand, await login.store.read(login.reference, { signal: login.held.signal }));
  if (left) return left;
  const found = await searchFor(inHand, new Date(attempt.submitDeadlineAt.getTime() + propagationDelayMs), 'everything');
  switch (found.kind) {
    case 'later':
      return inHand.heldMs > services.timing.giveUpMs
        ? { kind: 'none_accepted', detail: `the portal could not be asked which password holds: ${found.hold.detail}` }
        : holding(found.hold);
    case 'none':
      if (await refusesEverybody(services, login))
        return holding({ detail: 'the portal accepts no stored password, and refuses others too: it may be ill', forMs: services.timing.retryMs });
      return { kind: 'none_accepted', detail: 'the portal accepts none of the stored passwords' };
    case 'found':
      return found.candidate.name.kind === 'current' ? currentAccepted(inHand) : otherAccepted(inHand, found);
  }
}

async function currentAccepted(inHand: AttemptInHand): Promise<AttemptEvent> {
  const { attempt, login, services } = inHand;
  // What may fail comes first: whoever asks again notes the change again.
  const staged = await login.store.readStaged(login.slotOf(attempt.id), { signal: login.held.signal });
  await noteUnmade(inHand);
  const kept = 'the portal kept the current password';
  if (attempt.refusedRule === LINK_WANTED) return { kind: 'unchanged', detail: `${kept} ${UNTIL_OPENED}` };
  if (attempt.refusedRule !== null) return { kind: 'unchanged', detail: `${kept}: it refused the new one (${attempt.refusedRule})` };
  if (attempt.failedSubmits + 1 >= services.timing.maxTries) return { kind: 'unchanged', detail: `${kept}, however often the change was submitted` };
  if (staged === null) return { kind: 'unchanged', detail: `${kept}, and the staged copy is gone` };
  return { kind: 'current_accepted', detail: kept };
}

/**
 * The change was not made, and the portal did not say why. Had it been made, the current password was right in its form; as it is, the form may have called it wrong. Later changes of an attempt
 * have a line of their own, and so has one of which the portal said so.
 */
async function noteUnmade(inHand: AttemptInHand): Promise<void> {
  const { attempt, login, services } = inHand;
  if (attempt.failedSubmits > 0 || attempt.refusedRule !== null) return;
  const current = await login.store.read(login.reference, { signal: login.held.signal });
  if (current === null) return;
  const { orgId, loginIdentity } = login.endpoint;
  const { fingerprints } = accountOf(services.keys, login.endpoint, parsePayload(current.text));
  const isNoted = await changeWasRefused(services.db, { orgId, loginIdentity, rotationAttemptId: attempt.id, fingerprints });
  if (!isNoted) await noteUnmadeChange(currentOf(inHand, current));
}
