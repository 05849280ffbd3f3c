import type { Database } from '@rcm/db';
import { askToRead, leaveReading, type ReadingOnce, sealedForReading, takeReadingAnswer } from '@rcm/db/acts';
import { createOneTimeKey } from '@rcm/db/sealing';
import { isRetryable, RcmError, type Secret } from '@rcm/telemetry';

const LOOK_MS = 200;

interface Waiting {
  readonly waitMs: number;
  /** The console takes no new request any more. */
  readonly stopping: AbortSignal;
}

/**
 * Asks a rotator to read what a second person has approved, and waits for it. What comes is sealed for a key that is made here and remembered for as long as this takes. `null`: there is no such request in
 * that organization. Fails as `askToRead`, as the rotator has failed, and with `state_conflict` where no answer came in time or the console stops.
 */
export async function waitForReading(db: Database, asked: ReadingOnce, { waitMs, stopping }: Waiting): Promise<Secret<string> | null> {
  const key = createOneTimeKey(sealedForReading(asked.id));
  const reading = { requestId: asked.id, orgId: asked.orgId };
  if (!(await askToRead(db, { ...asked, publicKey: key.publicKey }))) return null;
  for (const giveUpAt = performance.now() + waitMs; performance.now() < giveUpAt && !stopping.aborted;) {
    const answer = await takeReadingAnswer(db, reading).catch(nothingYet);
    if (answer?.kind === 'sealed') return key.open(answer.sealed);
    if (answer) throw new RcmError('state_conflict', answer.words, { details: { code: answer.code } });
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new RcmError(
    'state_conflict',
    (await leaveReading(db, reading))
      ? 'No rotator has begun it in time, so nothing was read: you may try again, here or at a terminal.'
      : 'A rotator has begun it and did not answer in time. Nothing was shown, and what was read is due to be changed: ask again.',
  );
}

/** A database that is away for a moment has the answer later; to give up would spend the password for nobody. */
function nothingYet(error: unknown): null {
  if (isRetryable(error)) return null;
  throw error;
}
