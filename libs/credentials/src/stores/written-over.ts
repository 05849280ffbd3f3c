import type { Secret } from '@rcm/telemetry';
import { rotationOf } from '../payload.ts';
import { isSameText, keepsFieldsOf } from './same-text.ts';

/** What was once current. */
export interface Written {
  readonly text: Secret<string>;
}

/** Versions that are looked back at. */
const MOST_LOOKED_AT = 10;

/**
 * Looks back from what is current for a version that was written over by somebody who had not read it. `before` gives the version
 * before one, or `null` where there is none or it is not kept. What lies below a rotation that was made from it had been read by that.
 */
export async function findWrittenOver<V extends Written>(current: V, before: (version: V) => Promise<V | null>): Promise<V | null> {
  const versions: V[] = [current];
  let later = current;
  for (let looked = 0; looked < MOST_LOOKED_AT; looked += 1) {
    const earlier = await before(later);
    if (earlier === null) break;
    versions.unshift(earlier);
    if (isRotationOf(later, earlier)) break;
    later = earlier;
  }
  return writtenOverUnread(versions);
}

/**
 * The newest version, of those given with the oldest first, that was written over by somebody who had not read it, and that nothing
 * after it goes on from; `null` where there is none. A text that names another rotation than the one it was written over was made from
 * that only if it counts on from it and keeps its fields; one that was there before is a writer's who was stopped for long, or a
 * person's who went back on purpose: they look the same.
 */
export function writtenOverUnread<V extends Written>(versions: readonly V[]): V | null {
  const wasThereBefore = (written: V, index: number): boolean => versions.slice(0, index).some(({ text }) => isSameText(text, written.text));
  const isUnread = (index: number, later: V): boolean => {
    const earlier = versions[index];
    if (!earlier || isSameText(earlier.text, later.text)) return false;
    return wasThereBefore(later, index) || isOfAnotherLine(earlier, later);
  };
  // It names a rotation that was there before, and says something else: what a person made of an older text, which is nowhere else.
  const isEdit = (written: V, index: number): boolean =>
    attemptOf(written) !== null &&
    versions.slice(0, index).some((earlier) => attemptOf(earlier) === attemptOf(written) && !isSameText(earlier.text, written.text));
  const goesOn = (later: V, from: V, index: number): boolean =>
    isSameText(later.text, from.text) || (attemptOf(later) === attemptOf(from) && !wasThereBefore(later, index));
  const lost = versions.filter((version, index) => {
    const after = versions[index + 1];
    if (!after || !isUnread(index, after)) return false;
    const isEditUndone = isEdit(version, index) && wasThereBefore(after, index + 1);
    const isLoser = isUnread(index - 1, version) && !wasThereBefore(version, index) && !isEditUndone;
    return !isLoser && !versions.slice(index + 1).some((later) => goesOn(later, version, index));
  });
  return lost.at(-1) ?? null;
}

/** Whether `later` is the next rotation of `earlier`: whoever made that had read it. */
const isRotationOf = (later: Written, earlier: Written): boolean =>
  attemptOf(later) !== attemptOf(earlier) && rotationOf(later.text).counter > rotationOf(earlier.text).counter && keepsFieldsOf(later.text, earlier.text);

/** A rotation always names itself, so a text that names none was written by a person, of whom nothing is known. */
const isOfAnotherLine = (earlier: Written, later: Written): boolean =>
  attemptOf(later) !== null && attemptOf(later) !== attemptOf(earlier) && !isRotationOf(later, earlier);

const attemptOf = ({ text }: Written): string | null => rotationOf(text).attemptId;
