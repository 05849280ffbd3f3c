import type { AttemptEventKind } from '@rcm/db/rotation';
import type { Hold } from './login-events.ts';

/** What an act found out: a column of the table of transitions, or that the state holds. */
export type AttemptEvent =
  | {
      readonly kind: AttemptEventKind;
      readonly detail?: string;
      /** With `store_promoted` and `current_edited`: the store's version now. */
      readonly version?: string;
      /** With `other_accepted`: which password, as the journal names it. */
      readonly found?: string;
      /** With an end that says nothing against the login: it is due again as what is retried slowly, and not only after the pause of what failed. */
      readonly dueSoon?: true;
    }
  /** The journal says `waiting`, and recovery goes on from there. */
  | (Hold & {
      readonly kind: 'hold';
      /** A submit was tried and did not work: it counts against `maxTries`. An ill portal or a spent budget does not count. */
      readonly countsAsSubmit?: true;
      /** The rule by which the portal said no. */
      readonly refusedRule?: string;
    });

export const holding = (hold: Hold): AttemptEvent => ({ kind: 'hold', ...hold });
