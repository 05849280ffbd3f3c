import { RcmError } from '@rcm/telemetry';
import type { AttemptState, OpenState } from './attempt.ts';

/**
 * The steps of `advanceAttempt` (DESIGN "Rotation"). A state may be written over itself to note progress. Back: `applied → submitting` when
 * the verification was rejected and it is again uncertain what the portal accepts; `submitting → staged` when the portal proved
 * to be unchanged and the same password is to be submitted again; `verified → applied` when somebody edited the secret meanwhile. `promoted`, `done`, `abandoned`, `waiting` and `blocked` are
 * reached by their own operations, because more than the state changes with them.
 */
const STEPS: Readonly<Record<OpenState, readonly OpenState[]>> = {
  planned: ['planned', 'staged'],
  staged: ['staged', 'submitting'],
  submitting: ['submitting', 'applied', 'staged'],
  applied: ['applied', 'verified', 'submitting'],
  verified: ['verified', 'applied'],
  promoted: ['promoted'],
};

/** What may end as what: `abandoned` promises that the portal is unchanged, so never after `applied`. */
const ENDS: Readonly<Record<'done' | 'abandoned', readonly OpenState[]>> = {
  done: ['promoted'],
  abandoned: ['planned', 'staged', 'submitting'],
};

export const isOpenState = (state: AttemptState): state is OpenState => state in STEPS;

export const mayAdvance = (from: AttemptState, to: AttemptState): boolean => isOpenState(from) && (STEPS[from] as readonly AttemptState[]).includes(to);

export const mayEnd = (from: AttemptState, end: 'done' | 'abandoned'): boolean => (ENDS[end] as readonly AttemptState[]).includes(from);

/** A step that the journal does not have is a mistake of the caller, not a lost race. */
export function refuseStep(from: AttemptState, to: AttemptState): never {
  throw new RcmError('input_invalid', `A rotation attempt cannot go from ${from} to ${to}.`, { details: { from, to } });
}
