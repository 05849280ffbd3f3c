import type { AttemptState } from '@rcm/db';

/**
 * The rotation machine (DESIGN "Rotation"), to be checked by eye. A row is a state that is still open, a column is what an act
 * found out, a cell is the state that follows. What has no cell cannot happen; if it does, the attempt is left as it is.
 *
 * `submitting` is entered from inside the act of `staged`, before the browser's POST is let out: see `change_sending`.
 */
export const TRANSITIONS = {
  planned: {
    payload_staged: 'staged',
    base_moved: 'abandoned',
    recipe_changed: 'abandoned',
  },
  staged: {
    change_sending: 'submitting',
    // A copy that was found after the database had been restored: nobody knows how far its attempt came.
    maybe_submitted: 'submitting',
    base_moved: 'abandoned',
    recipe_changed: 'abandoned',
    current_refused: 'abandoned',
    older_made_current: 'abandoned',
    gave_up: 'abandoned',
  },
  submitting: {
    change_confirmed: 'applied',
    change_not_sent: 'staged',
    change_refused: 'abandoned',
    staged_accepted: 'applied',
    current_accepted: 'staged',
    older_made_current: 'abandoned',
    copy_missing: 'abandoned',
    neither_accepted: 'blocked',
  },
  applied: {
    staged_accepted: 'verified',
    staged_refused: 'submitting',
    copy_missing: 'submitting',
  },
  verified: {
    store_promoted: 'promoted',
    // Whoever edited it may have changed the password at the portal too: the staged one is proved again first.
    current_edited: 'applied',
    copy_missing: 'blocked',
  },
  promoted: {
    cleaned_up: 'done',
  },
} as const satisfies Partial<Record<AttemptState, Readonly<Record<string, AttemptState>>>>;

export type ActiveState = keyof typeof TRANSITIONS;
type KeysOf<T> = T extends unknown ? keyof T : never;
export type EventKind = KeysOf<(typeof TRANSITIONS)[ActiveState]>;

/** What an act found out. `hold` keeps the state and waits: the journal says `waiting`, and recovery goes on from there. */
export type AttemptEvent =
  | {
      readonly kind: EventKind;
      readonly detail?: string;
      /** With `store_promoted`, `current_edited` and `older_made_current`: the store's version now. */ readonly version?: string;
      /** With `older_made_current`: the attempt that left the copy. */ readonly olderAttemptId?: string;
    }
  | {
      readonly kind: 'hold';
      readonly detail: string;
      readonly until?: Date;
      readonly forMs?: number;
      /** Counted from the submit deadline, by Postgres's clock. */
      readonly afterSubmitMs?: number;
      /**
       * Something was tried and did not work: a `submit` counts against `maxTries`; a `guess`, after which the next password is tried,
       * is a round. An ill portal or a spent budget does not count.
       */
      readonly counts?: 'submit' | 'guess';
      /** What is waited for is this account's own (a lock, a spent budget, a person) and says nothing about its portal type. */
      readonly ownMatter?: true;
    };

export const isActive = (state: AttemptState): state is ActiveState => state in TRANSITIONS;

/** The state that follows, or `null` where the table has no cell. */
export function nextState(state: ActiveState, event: EventKind): AttemptState | null {
  const row: Readonly<Partial<Record<EventKind, AttemptState>>> = TRANSITIONS[state];
  return row[event] ?? null;
}
