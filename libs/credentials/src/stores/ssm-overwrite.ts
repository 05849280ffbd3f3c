import { type Clock, hasCode, isRetryable, RcmError, type Secret } from '@rcm/telemetry';
import { isSameText } from './same-text.ts';
import { ssmTier, type SsmTier } from './size-policy.ts';
import type { SsmCalls } from './ssm-calls.ts';
import { rightfulVersion, type SsmVersion } from './ssm-versions.ts';
import type { CallOptions, StoredSecret } from './store.ts';

export interface Overwrite {
  readonly calls: SsmCalls;
  readonly clock: Clock;
  readonly name: string;
  readonly largestTier: SsmTier;
  /** The version that the new text was made from. */
  readonly base: string;
  readonly text: OverwritingText;
  readonly options: CallOptions;
}

/** What is to become current. */
export interface OverwritingText {
  /** Fails with `secret_missing` where there is none. Asked only where something is to be written. */
  get(): Secret<string>;
  /** Whether a stored text shows that the act is done, by us or by whoever finished it. */
  isDone(stored: Secret<string>): boolean;
  /** Whether a stored text is the one that this act writes, byte for byte; where that is not known any more, whether it may be. */
  isOurs(stored: Secret<string>): boolean;
  /** Whether our text can have been made from this one. */
  isBase(stored: Secret<string>): boolean;
}

const MAX_TRIES = 4;
const FIRST_PAUSE_MS = 100;
/** So often it is asked for what must be there, with growing pauses: six seconds in all. */
const MOST_BEHIND = 7;
/** By SSM, of each parameter. */
const VERSIONS_KEPT = 100;
/** Versions of a race that are looked at beside its first two. */
const MOST_LOOKED_AT = 20;

/**
 * Makes a text current on top of `base`. SSM has no compare-and-set, so a lost race is found afterwards, from everything that lies
 * between the base and now. What somebody else wrote there is put back where our text lies over it, and the act fails with
 * `store_conflict`; so it does where the parameter was deleted and made again, which starts its versions from 1. The same is
 * looked for where our text is found to be current already, and where a rival that died lies over it, so that a crash hides nothing. Each
 * write is preceded by a read, also when it is repeated. Fails with `secret_missing`, `store_conflict`, `store_*`.
 */
export async function overwriteOnBase(write: Overwrite): Promise<{ readonly version: string }> {
  const sent = { isOpen: false };
  try {
    return await overwrite(write, sent);
  } catch (error) {
    // What the caller is told is why it ended. What this finds is put back; where it fails, too, the next rotation's rehearsal finds it.
    if (sent.isOpen && !hasCode(error, 'store_conflict')) await lookAfter(afterwards(write)).catch(() => undefined);
    throw error;
  }
}

/** `sent.isOpen`: a write may have arrived, and nobody has looked yet what it lies over. */
async function overwrite(write: Overwrite, sent: { isOpen: boolean }): Promise<{ readonly version: string }> {
  const { calls, name, base, text, options } = write;
  let { isBase }: { isBase: IsBase } = text;
  for (let tries = 1; ; tries += 1) {
    const current = await mustBeThere(write);
    const isAtBase = String(current.version) === base;
    // What the caller has read is what it wants already: nothing is written, so there is no race that could have been lost.
    if (isAtBase && text.isDone(current.text)) return { version: base };
    if (text.isDone(current.text)) return settle(write, current.version, isBase);
    if (!isAtBase) return settleMoved(write, current);
    const ours = text.get();
    if (!text.isBase(current.text)) throw conflict(write, base, 'it has fields that would be undone, so nothing was written');
    await options.beforeWrite?.('make_current');
    isBase = (stored) => isSameText(stored, current.text);
    sent.isOpen = true;
    const written = await calls.overwrite(name, ours, ssmTier(ours, write.largestTier), options).catch(pausing(write, tries));
    if (written !== null) return settle(afterwards(write), written, isBase);
  }
}

/**
 * Once something was written, whoever wrote it looks what it lies over, whatever has ended meanwhile: a process that stood still in its write finds that its lease is over, and what it
 * has undone would stay undone. Each call has its deadline.
 */
function afterwards({ options: { signal: _ended, ...options }, ...write }: Overwrite): Overwrite {
  return { ...write, options };
}

type IsBase = OverwritingText['isBase'];

/** Our text became `version`: whether it lies where it should. `isBase` knows what had been read. */
async function settle(write: Overwrite, version: number, isBase: IsBase): Promise<{ readonly version: string }> {
  const base = Number(write.base);
  if (version === base + 1) {
    const under = await write.calls.getVersion(write.name, base, write.options);
    if (under === null || isBase(under.text)) return { version: String(version) };
  }
  return reconcile(write, isBase, version);
}

/** Whether the call arrived is not known. */
async function lookAfter(write: Overwrite): Promise<void> {
  const current = await mustBeThere(write);
  if (String(current.version) !== write.base) await settleMoved(write, current);
}

/** Current is neither ours nor the base: our text may lie below it all the same, under that of a rival who died before putting it back. */
async function settleMoved(write: Overwrite, current: SsmVersion): Promise<{ readonly version: string }> {
  const { versions } = await versionsSince(write, current);
  if (versions.some(({ text }) => write.text.isOurs(text))) return reconcile(write, write.text.isBase, current.version);
  throw conflict(write, String(current.version), 'nothing was written');
}

/** `known`: the newest version that this process has written or seen; a read that does not show it is behind. */
async function reconcile(write: Overwrite, isBase: IsBase, known: number): Promise<{ readonly version: string }> {
  const { calls, name, largestTier, text, options } = write;
  let least = known;
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const newest = await newestSince(write, least);
    const { versions, base } = await versionsSince(write, newest);
    const isSound = base !== null && isBase(base.text);
    const rightful = rightfulVersion({ versions, base: isSound ? base.version : null, isOurs: text.isOurs });
    const isWon = isSound && text.isDone(rightful.text);
    if (isSameText(newest.text, rightful.text)) {
      if (isWon) return { version: String(newest.version) };
      throw conflict(write, String(newest.version), 'current was left as it is');
    }
    await options.beforeWrite?.('put_back');
    const written = await calls.overwrite(name, rightful.text, ssmTier(rightful.text, largestTier), options).catch(pausing(write, tries));
    least = written ?? least;
    // Another number: somebody wrote meanwhile, and was overwritten in turn.
    if (written !== newest.version + 1) continue;
    if (isWon) return { version: String(written) };
    throw conflict(write, String(newest.version), 'what had been overwritten was put back');
  }
  throw conflict(write, 'a newer one', 'the overwritten version is in the history of the parameter');
}

/** The base, where it is kept, and what was written since; of a parameter that was made again, its newest versions. */
async function versionsSince(write: Overwrite, newest: SsmVersion): Promise<{ readonly versions: readonly SsmVersion[]; readonly base: SsmVersion | null }> {
  const base = Number(write.base);
  const first = base < newest.version ? base : 1;
  const numbers = Array.from({ length: newest.version - first }, (_, index) => first + index);
  const versions: SsmVersion[] = [];
  for (const version of numbers.filter((number, index) => index < 2 || newest.version - number <= MOST_LOOKED_AT)) {
    const found = await keptVersion(write, version, newest);
    if (found !== null) versions.push({ version, text: found.text });
  }
  versions.push(newest);
  return { versions, base: versions.find(({ version }) => version === base && version !== newest.version) ?? null };
}

/**
 * Versions have no gaps, so one of the last hundred that is not shown is there all the same, and may be a person's: a history that is behind
 * is waited for, and then the act fails with `store_unavailable`, to be repeated. `null`: it is too old to be kept.
 */
async function keptVersion(write: Overwrite, version: number, newest: SsmVersion): Promise<StoredSecret | null> {
  const { calls, clock, name, options } = write;
  for (let tries = 1; ; tries += 1) {
    const found = await calls.getVersion(name, version, options);
    if (found !== null || newest.version - version >= VERSIONS_KEPT) return found;
    if (tries === MOST_BEHIND)
      throw new RcmError(
        'store_unavailable',
        `The history of the secret does not show version ${version}, which lies between others; it is asked again later.`,
      );
    await clock.sleep(FIRST_PAUSE_MS * 2 ** (tries - 1), options.signal);
  }
}

/** Where it goes on showing an older number, the parameter was deleted and made again. */
async function newestSince(write: Overwrite, known: number): Promise<SsmVersion> {
  for (let tries = 1; ; tries += 1) {
    const newest = await mustBeThere(write);
    if (newest.version >= known || tries === MOST_BEHIND) return newest;
    await write.clock.sleep(FIRST_PAUSE_MS * 2 ** (tries - 1), write.options.signal);
  }
}

async function mustBeThere({ calls, name, options }: Overwrite): Promise<SsmVersion> {
  const found = await calls.get(name, options);
  if (found === null) throw new RcmError('secret_missing', 'The secret to be replaced is not in SSM.');
  return { version: Number(found.version), text: found.text };
}

/** `null` after a pause: whether the write was made is found out by a read. */
const pausing =
  ({ clock, options }: Overwrite, tries: number) =>
  async (error: unknown): Promise<null> => {
    if (!isRetryable(error) || options.signal?.aborted || tries === MAX_TRIES) throw error;
    await clock.sleep(FIRST_PAUSE_MS * 2 ** (tries - 1), options.signal);
    return null;
  };

const conflict = (write: Overwrite, found: string, done: string): RcmError =>
  new RcmError('store_conflict', `The secret is not at version ${write.base} any more (found ${found}); ${done}.`, { details: { base: write.base, found } });
