import type { BenchSecret } from '../secrets.ts';
import { readEach, type Subject } from './subject.ts';

/** Many at once: this project's reader asks SSM 36 times a second at most, but for ten names each time. */
const FILLED_AT_ONCE = 100;

/** Reads all of them once, so that they are held. */
export async function fill(subject: Subject, secrets: readonly BenchSecret[]): Promise<void> {
  for (let from = 0; from < secrets.length; from += FILLED_AT_ONCE) {
    const ends = await readEach(subject, secrets.slice(from, from + FILLED_AT_ONCE));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw new Error('a secret could not be read while the cache was being filled', { cause: failed.reason });
  }
}
