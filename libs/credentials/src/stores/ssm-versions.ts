import type { Secret } from '@rcm/telemetry';
import { rotationOf } from '../payload.ts';
import { isSameText } from './same-text.ts';

/** One version of a parameter. Lists of them are ordered, the oldest first. */
export interface SsmVersion {
  readonly version: number;
  readonly text: Secret<string>;
}

export interface Race {
  /** From the base on (or, where that is not kept, from the oldest one that is known) to the newest. Not empty. */
  readonly versions: readonly SsmVersion[];
  /** The version that our text was made from; `null` where it is not among them. */
  readonly base: number | null;
  /** Whether a text is the one that we wrote. Where it says so of several, the first is: the others are edits of it. */
  readonly isOurs: (text: Secret<string>) => boolean;
}

/**
 * The version that ought to be current: the newest whose writer had read what it wrote over. A blind overwrite does not count:
 * - ours, where it does not lie directly on the base;
 * - that of a rival: a rotation of the same base that came later than another (its attempt is a new one, and its counter is no
 *   higher than that of what it wrote over, but higher than the base's);
 * - what a loser put back when somebody had already gone on from there.
 * Whatever else a person or program wrote is kept, also where it looks old: to undo it would be worse than to leave it.
 */
export function rightfulVersion({ versions, base, isOurs }: Race): SsmVersion {
  const [first] = versions;
  if (!first) throw new Error('There is no version to choose from.');
  const ours = versions.slice(1).find(({ text }) => isOurs(text))?.text;
  const isMine = ({ text }: SsmVersion): boolean => ours !== undefined && isSameText(text, ours);
  const blind = new Set<SsmVersion>();
  let holder = first;
  versions.slice(1).forEach((written, index) => {
    const earlier = versions.slice(0, index + 1);
    if (isSameText(written.text, holder.text)) holder = written;
    else if (isMine(written) ? holder.version === base : !isRival(written, earlier, holder, base) && !isLatePutBack(written, earlier, blind)) holder = written;
    else blind.add(written);
  });
  return holder;
}

function isRival(written: SsmVersion, earlier: readonly SsmVersion[], holder: SsmVersion, base: number | null): boolean {
  const { attemptId, counter } = rotationOf(written.text);
  const [first, over] = [earlier[0], earlier.at(-1)];
  if (attemptId === null || !first || !over || first.version !== base) return false;
  if (earlier.some(({ text }) => rotationOf(text).attemptId === attemptId)) return false;
  return counter > rotationOf(first.text).counter && counter <= Math.min(rotationOf(over.text).counter, rotationOf(holder.text).counter);
}

function isLatePutBack(written: SsmVersion, earlier: readonly SsmVersion[], blind: ReadonlySet<SsmVersion>): boolean {
  const same = earlier.findLastIndex(({ text }) => isSameText(text, written.text));
  return same !== -1 && earlier.slice(same + 1).some((version) => blind.has(version));
}
