import type { ChangeAnswer } from './habits.ts';
import type { ChangeDecision } from './record.ts';

/** Every answer but the one of a form that sends nothing. */
export type AnswerSent = Exclude<ChangeAnswer, 'not sent'>;

/** What the portal says after a change was sent, and what it does with it, whatever it says. */
interface Meaning {
  readonly said: ChangeDecision;
  readonly does: 'makes it' | 'makes it late' | 'makes it long after' | 'does not make it' | 'refuses it';
}

export const MEANINGS: Readonly<Record<AnswerSent, Meaning>> = {
  made: { said: 'changed', does: 'makes it' },
  'error, made': { said: 'error', does: 'makes it' },
  'error, not made': { said: 'error', does: 'does not make it' },
  'error, made late': { said: 'error', does: 'makes it late' },
  'error, made long after': { said: 'error', does: 'makes it long after' },
  'says changed, does not': { said: 'changed', does: 'does not make it' },
  'says changed, makes it late': { said: 'changed', does: 'makes it late' },
  'says changed, makes it long after': { said: 'changed', does: 'makes it long after' },
  'says too short, makes it': { said: 'too_short', does: 'makes it' },
  'says too short, makes it long after': { said: 'too_short', does: 'makes it long after' },
  'says used before, makes it': { said: 'reused', does: 'makes it' },
  refuses: { said: 'refused', does: 'refuses it' },
};
