import type { AttemptInHand } from '../machine/attempt.ts';
import type { AttemptEvent } from '../machine/transitions.ts';

/** `promoted`: the staged copy has become current, so the copy may go. Agents were told in the promoting transaction. */
export async function cleanUp(inHand: AttemptInHand): Promise<AttemptEvent> {
  await inHand.store.discard(inHand.slot, { signal: inHand.held.signal });
  return { kind: 'cleaned_up' };
}
