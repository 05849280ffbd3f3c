import { type Clock, isRetryable, RcmError, type Secret } from '@rcm/telemetry';
import { rotationOf } from '../payload.ts';
import { ssmTier, type SsmTier } from './size-policy.ts';
import type { SsmCalls } from './ssm-calls.ts';
import type { CallOptions } from './store.ts';

export interface Overwrite {
  readonly calls: SsmCalls;
  readonly clock: Clock;
  readonly name: string;
  readonly largestTier: SsmTier;
  /** The version that the new text was made from. */
  readonly base: string;
  /** Asked only where something is to be written. */
  readonly text: () => Promise<Secret<string>>;
  /** Whether a stored text is the one this write is about, written now or before a crash. */
  readonly isOurs: (text: Secret<string>) => boolean;
  readonly options: CallOptions;
}

const MAX_TRIES = 4;
const FIRST_PAUSE_MS = 100;
const MAX_RESTORES = 4;
/** Versions of a race; SSM keeps 100. */
const MOST_LOOKED_AT = 20;

/**
 * Makes a text current on top of `base`. SSM has no compare-and-set, so a lost race is found afterwards: whoever wrote
 * `base + 1` has won; a writer that came later puts back what it overwrote and fails with `store_conflict`. The same check is
 * made where the text is found to be current already, so a crash right after the write hides nothing. Each write is preceded by
 * a read, also when it is repeated. Fails with `secret_missing`, `store_conflict`, `store_*`.
 */
export async function overwriteOnBase(write: Overwrite): Promise<{ readonly version: string }> {
  for (let tries = 1; ; tries += 1) {
    const current = await write.calls.get(write.name, write.options);
    if (current === null) throw new RcmError('secret_missing', 'The secret to be replaced is not in SSM.');
    if (write.isOurs(current.text)) return confirmWon(write, Number(current.version));
    if (current.version !== write.base) throw conflict(write, current.version, 'nothing was written');
    const text = await write.text();
    try {
      const written = await write.calls.overwrite(write.name, text, ssmTier(text, write.largestTier), write.options);
      return await confirmWon(write, written);
    } catch (error) {
      if (!isRetryable(error) || write.options.signal?.aborted || tries === MAX_TRIES) throw error;
      await write.clock.sleep(FIRST_PAUSE_MS * 2 ** (tries - 1), write.options.signal);
    }
  }
}

async function confirmWon(write: Overwrite, version: number): Promise<{ readonly version: string }> {
  const next = Number(write.base) + 1;
  if (version <= next) return { version: String(version) };
  const first = await write.calls.getVersion(write.name, next, write.options);
  if (first !== null && write.isOurs(first.text)) return { version: String(version) };
  const restored = await putBack(write, next, version);
  throw conflict(write, String(version), restored ? 'what had been overwritten was put back' : 'the overwritten version is in the history of the parameter');
}

/**
 * Puts back what the winner wrote. Every loser of one race puts back the same, so they agree whatever their order. A later text
 * that descends from the winner's goes before it: somebody had read that and gone on from there.
 */
async function putBack(write: Overwrite, first: number, ours: number): Promise<boolean> {
  const winner = await write.calls.getVersion(write.name, first, write.options);
  if (winner === null) return false;
  let rightful = winner.text;
  let newest = ours;
  for (let round = 0; round < MAX_RESTORES; round += 1) {
    rightful = (await newestDescendant(write, winner.text, first + 1, newest - 1)) ?? rightful;
    const written = await write.calls.overwrite(write.name, rightful, ssmTier(rightful, write.largestTier), write.options);
    if (written === newest + 1) return true;
    newest = written;
  }
  return false;
}

async function newestDescendant(write: Overwrite, winner: Secret<string>, oldest: number, newest: number): Promise<Secret<string> | null> {
  for (let version = newest; version >= Math.max(oldest, newest - MOST_LOOKED_AT); version -= 1) {
    const stored = await write.calls.getVersion(write.name, version, write.options);
    if (stored !== null && !write.isOurs(stored.text) && descends(stored.text, winner)) return stored.text;
  }
  return null;
}

/** An edit keeps the rotation it started from; the next rotation counts one more. Rivals of one race have equal counters. */
function descends(text: Secret<string>, winner: Secret<string>): boolean {
  const [mine, theirs] = [rotationOf(text), rotationOf(winner)];
  return mine.attemptId === theirs.attemptId || mine.counter > theirs.counter;
}

const conflict = (write: Overwrite, found: string, done: string): RcmError =>
  new RcmError('store_conflict', `The secret is not at version ${write.base} any more (found ${found}); ${done}.`, { details: { base: write.base, found } });
