import type { Secret } from '@rcm/telemetry';
import { rotationOf } from '../payload.ts';
import { isSameText, keepsFieldsOf } from './same-text.ts';

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
  /** Whether a text is the one that we wrote, byte for byte. */
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
export function standing({ versions, base, isOurs }: Race): SsmVersion {
  const [first] = versions;
  if (!first) throw new Error('There is no version to choose from.');
  const blind = new Set<SsmVersion>();
  let holder = first;
  versions.slice(1).forEach((written, index) => {
    const earlier = versions.slice(0, index + 1);
    if (isSameText(written.text, holder.text)) holder = written;
    else if (isOurs(written.text) ? holder.version === base : !isRival(written, earlier, holder, base) && !isLatePutBack(written, earlier, blind))
      holder = written;
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

/**
 * The newest version that was written over by somebody who had not read it, and that nothing after it goes on from; `null` where
 * there is none. A text that names another rotation than the one it was written over was made from it only if it counts on from it
 * and keeps its fields.
 */
export function writtenOverUnread(versions: readonly SsmVersion[]): SsmVersion | null {
  const lost = versions.filter((version, index) => {
    const [before, after] = [versions[index - 1], versions[index + 1]];
    if (!after || !isUnread(version, after)) return false;
    const isLoser = before !== undefined && isUnread(before, version) && !versions.slice(0, index).some(({ text }) => isSameText(text, version.text));
    return !isLoser && !versions.slice(index + 1).some((later) => goesOn(later, version));
  });
  return lost.at(-1) ?? null;
}

/** Whether `later` is the next rotation of `earlier`: whoever made that had read it. */
export const isRotationOf = (later: SsmVersion, earlier: SsmVersion): boolean =>
  rotationOf(later.text).attemptId !== rotationOf(earlier.text).attemptId &&
  rotationOf(later.text).counter > rotationOf(earlier.text).counter &&
  keepsFieldsOf(later.text, earlier.text);

/** A rotation always names itself, so a text that names none was written by a person, of whom nothing is known. */
function isUnread(earlier: SsmVersion, later: SsmVersion): boolean {
  const [theirs, mine] = [rotationOf(earlier.text).attemptId, rotationOf(later.text).attemptId];
  return mine !== null && mine !== theirs && !isRotationOf(later, earlier);
}

const goesOn = (later: SsmVersion, earlier: SsmVersion): boolean =>
  isSameText(later.text, earlier.text) || rotationOf(later.text).attemptId === rotationOf(earlier.text).attemptId;
