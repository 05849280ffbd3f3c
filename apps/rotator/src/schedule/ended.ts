import { isRcmError } from '@rcm/telemetry';
import { isRight, RETRY_WORDS } from '../commands/clear-login.ts';
import { inWords, type Looked } from '../commands/look.ts';
import type { Mended } from '../mending/mend-login.ts';
import type { Rotator } from '../rotator.ts';
import type { RotationOutcome } from './rotation-outcome.ts';

/** How what a person asked for from the console has ended, as its page says it. */
export interface Ended {
  readonly outcome: 'done' | 'failed';
  readonly code: string | null;
  readonly words: string;
}

export const done = (words: string): Ended => ({ outcome: 'done', code: null, words });
const notDone = (code: string, words: string): Ended => ({ outcome: 'failed', code, words });

export function retried(result: Mended): Ended {
  const words = sentence(RETRY_WORDS[result]);
  return isRight(result) ? done(words) : notDone(`login_${result}`, words);
}

export function lookedAt({ findings, asExpected }: Pick<Looked, 'findings' | 'asExpected'>): Ended {
  const words = `Looked at the portal’s pages: ${inWords(findings)}.`;
  return asExpected ? done(words) : notDone('portal_unexpected', words);
}

export function rotated({ result, code, detail }: Pick<RotationOutcome, 'result' | 'code' | 'detail'>): Ended {
  const words = sentence(`the rotation is ${result.replace('_', ' ')}${detail ? `: ${detail}` : ''}`);
  return result === 'done' ? done(words) : notDone(code ?? `rotation_${result}`, words);
}

/** Lines of a command, as a page says them. */
export const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1).replace(/\.$/, '')}.`;

/** What it came to where it failed; the log has the rest. */
export function failed({ logger }: Pick<Rotator, 'logger'>, error: unknown, about: { readonly endpointId: string | null; readonly act: string }): Ended {
  logger.warn({ err: error, ...about }, 'an act that a person asked for was not done');
  if (isRcmError(error)) return notDone(error.code, error.message);
  return notDone('unexpected', 'An unexpected error; the rotator’s log has it.');
}
