import { forgetLeftPasswords, listLoginsToMove, type LoginToMove } from '@rcm/db/admin';
import { type ErrorCode, isRcmError } from '@rcm/telemetry';
import type { Rotator } from '../rotator.ts';
import { type KeyMoved, moveLoginKeys } from './move-login.ts';

const PAGE = 200;
/** Some wait for their lease; the stores' own pace bounds the reads. */
const AT_ONCE = 4;

/** A login that is where it was, and why: the next run goes on with it. */
interface NotMoved {
  readonly endpointId: string;
  readonly why: Exclude<KeyMoved, 'moved_over' | 'moved' | 'prints'> | ErrorCode;
}

export interface KeysMoved {
  readonly moved: number;
  readonly notMoved: readonly NotMoved[];
  /** Attempts of logins that nobody has any more that have forgotten with which password. */
  readonly forgotten: number;
}

/**
 * Moves every login over to the current keys. May be killed anywhere, run again, and run by several at once: each login is one transaction under its lease,
 * and what is done is not listed again.
 */
export async function moveKeys(rotator: Rotator, signal: AbortSignal): Promise<KeysMoved> {
  const current = { identityKeyId: rotator.keys.current.id, fingerprintKeyId: (rotator.keys.fingerprint ?? rotator.keys).current.id };
  const logins = loginsToMove(rotator, current);
  const notMoved: NotMoved[] = [];
  let moved = 0;
  const work = async () => {
    for await (const login of logins) {
      if (signal.aborted) return;
      const answer = await moveLoginKeys(rotator, login, signal).catch((error: unknown) => {
        rotator.logger.warn({ err: error, endpointId: login.endpointId }, 'a login could not be moved over to the current keys');
        return isRcmError(error) ? error.code : ('database_failed' as const);
      });
      if (answer === 'moved_over' || answer === 'prints' || answer === 'moved') moved += 1;
      else notMoved.push({ endpointId: login.endpointId, why: answer });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { moved, notMoved, forgotten: await forgetLeftPasswords(rotator.db, { keptKeyId: current.fingerprintKeyId }) };
}

/** One list for all workers: a generator queues those who ask at once. */
async function* loginsToMove(rotator: Rotator, current: { readonly identityKeyId: string; readonly fingerprintKeyId: string }): AsyncGenerator<LoginToMove> {
  for (let after: string | undefined; ;) {
    const page = await listLoginsToMove(rotator.db, { ...current, after, limit: PAGE });
    yield* page;
    after = page.at(-1)?.endpointId;
    if (page.length < PAGE) return;
  }
}
