import { hasCode, type RcmError } from '@rcm/telemetry';
import { referenceKey, type SecretReference } from '../reference.ts';
import type { ReadAnswer } from './store.ts';

/** Calls of one `readMany` that run side by side in a store without a batch read. */
const PARALLEL_READS = 8;

/**
 * `readMany` for a store that reads one secret a call: one that is refused, or holds no text of ours, is answered with its error; any
 * other failure fails the whole.
 */
export async function readEach(
  references: readonly SecretReference[],
  read: (reference: SecretReference) => Promise<ReadAnswer>,
): Promise<ReadonlyMap<string, ReadAnswer>> {
  const answers = new Map<string, ReadAnswer>();
  const waiting = [...references];
  const work = async (): Promise<void> => {
    for (let reference = waiting.shift(); reference; reference = waiting.shift()) answers.set(referenceKey(reference), await read(reference).catch(itsOwn));
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL_READS, references.length) }, work));
  return answers;
}

/** A failure that says nothing of the store or of the other secrets. */
function itsOwn(error: unknown): RcmError {
  if (hasCode(error, 'store_denied', 'payload_invalid')) return error;
  throw error;
}
