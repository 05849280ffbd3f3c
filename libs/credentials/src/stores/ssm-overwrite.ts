import { type Clock, isRetryable, RcmError, type Secret } from '@rcm/telemetry';
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
const MAX_RESTORES = 3;

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

/** Puts back the newest foreign version of `from … ours - 1`. Where that overwrote yet another one, that one is put back in turn. */
async function putBack(write: Overwrite, from: number, ours: number): Promise<boolean> {
  let [oldest, newest] = [from, ours];
  for (let round = 0; round < MAX_RESTORES; round += 1) {
    const foreign = await newestForeign(write, oldest, newest - 1);
    if (foreign === null) return round > 0;
    const written = await write.calls.overwrite(write.name, foreign, ssmTier(foreign, write.largestTier), write.options);
    if (written === newest + 1) return true;
    [oldest, newest] = [newest + 1, written];
  }
  return false;
}

async function newestForeign(write: Overwrite, oldest: number, newest: number): Promise<Secret<string> | null> {
  for (let version = newest; version >= oldest; version -= 1) {
    const stored = await write.calls.getVersion(write.name, version, write.options);
    if (stored !== null && !write.isOurs(stored.text)) return stored.text;
  }
  return null;
}

const conflict = (write: Overwrite, found: string, done: string): RcmError =>
  new RcmError('store_conflict', `The secret is not at version ${write.base} any more (found ${found}); ${done}.`, { details: { base: write.base, found } });
