import { RcmError } from '@rcm/telemetry';
import type { AttemptState, OpenState } from './attempt.ts';

/**
 * The rotation machine (docs/design.md, Rotation), to be checked by eye; there is no other table of it. A row is a state that is still open, a column is
 * what an act found out, a cell is the state that follows. What has no cell cannot happen; if it does, the attempt is left as it is.
 *
 * `abandoned` promises that the portal is unchanged as far as we know: nothing was ever let out of a browser, or the current password was
 * accepted later than the propagation delay after the submit. Only cells that carry that proof lead there, and those of an account that nobody wants rotated any
 * more: a person has put another one into the secret.
 */
export const TRANSITIONS = {
  planned: {
    payload_staged: 'staged',
    base_moved: 'abandoned',
    recipe_changed: 'abandoned',
    gave_up: 'abandoned',
  },
  staged: {
    // From inside the act, before the browser's POST is let out.
    change_sending: 'submitting',
    // A copy that was found after the database had been restored, or the current password is refused after an earlier submit.
    maybe_submitted: 'submitting',
    // The portal accepts a password that was not current: our own copy, if the database has forgotten a submit, or an older one.
    other_accepted: 'verified',
    base_moved: 'abandoned',
    recipe_changed: 'abandoned',
    current_refused: 'abandoned',
    gave_up: 'abandoned',
  },
  submitting: {
    change_confirmed: 'applied',
    change_not_sent: 'staged',
    other_accepted: 'verified',
    // To be submitted again, with the same password; or, where that leads nowhere, the proof that nothing was changed.
    current_accepted: 'staged',
    unchanged: 'abandoned',
    none_accepted: 'blocked',
    account_left: 'abandoned',
  },
  applied: {
    staged_accepted: 'verified',
    staged_refused: 'submitting',
    copy_missing: 'submitting',
    none_accepted: 'blocked',
    account_left: 'abandoned',
  },
  verified: {
    store_promoted: 'promoted',
    // Whoever edited it may have changed the password at the portal too: the found one is proved again first.
    current_edited: 'applied',
    // So may they have while the promotion had to wait: what lies over an edit was accepted a moment before.
    proof_old: 'applied',
    copy_missing: 'blocked',
    account_left: 'abandoned',
  },
  promoted: {
    cleaned_up: 'done',
    // What was made current is not this attempt's own password: the login still waits for a new one.
    put_right: 'abandoned',
  },
} as const satisfies Readonly<Record<OpenState, Readonly<Record<string, AttemptState>>>>;

type KeysOf<T> = T extends unknown ? keyof T : never;
export type AttemptEventKind = KeysOf<(typeof TRANSITIONS)[OpenState]>;

/** The state that follows, or `null` where the table has no cell. */
export function nextState(state: OpenState, event: AttemptEventKind): AttemptState | null {
  const row: Readonly<Partial<Record<AttemptEventKind, AttemptState>>> = TRANSITIONS[state];
  return row[event] ?? null;
}

export const isOpenState = (state: AttemptState): state is OpenState => Object.hasOwn(TRANSITIONS, state);

const leadsTo = (from: OpenState, to: AttemptState): boolean => (Object.values(TRANSITIONS[from]) as readonly AttemptState[]).includes(to);

/** The steps of `advanceAttempt`: what the table has, and a state over itself to note progress. Reached by their own operations are those with which more changes. */
export const mayAdvance = (from: AttemptState, to: AttemptState): boolean =>
  isOpenState(from) && isOpenState(to) && to !== 'promoted' ? from === to || leadsTo(from, to) : from === 'promoted' && to === 'promoted';

export const mayEnd = (from: AttemptState, end: 'done' | 'abandoned'): boolean => isOpenState(from) && leadsTo(from, end);

/** A step that the journal does not have is a mistake of the caller, not a lost race. */
export function refuseStep(from: AttemptState, to: AttemptState): never {
  throw new RcmError('input_invalid', `A rotation attempt cannot go from ${from} to ${to}.`, { details: { from, to } });
}
