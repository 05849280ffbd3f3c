import { isRcmError } from '@rcm/telemetry';
import type { Rotator } from '../rotator.ts';

/** How what a person asked for from the console has ended, as its page says it. */
export interface Ended {
  readonly outcome: 'done' | 'failed';
  readonly code: string | null;
  readonly words: string;
}

export const done = (words: string): Ended => ({ outcome: 'done', code: null, words });

/** What it came to where it failed; the log has the rest. */
export function failed({ logger }: Pick<Rotator, 'logger'>, error: unknown, about: { readonly endpointId: string | null; readonly act: string }): Ended {
  logger.warn({ err: error, ...about }, 'an act that a person asked for was not done');
  if (isRcmError(error)) return { outcome: 'failed', code: error.code, words: error.message };
  return { outcome: 'failed', code: 'unexpected', words: 'An unexpected error; the rotator’s log has it.' };
}
