/**
 * What must not be. `lost`: no password that lies in the store is accepted any more, as far as we changed it. `locked`: by us. `stuck`: everything is well, the store
 * has what the portal accepts, and nobody gets in. `outage`: the same for long, though it ended. `stale win`: somebody's word was overwritten for good by whoever had
 * not read it. `over budget`: more failures of ours counted than our share. `rash`: a try at the portal that nobody makes who knows what has been done. `wrong tenant`.
 * `broken`: an error that nothing caught, or an environment that goes round without a pause.
 */
export const FINDING_KINDS = ['lost', 'locked', 'stuck', 'outage', 'stale win', 'over budget', 'rash', 'wrong tenant', 'broken'] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Finding {
  readonly kind: FindingKind;
  readonly at: number;
  /** The login, or whatever it is about. */
  readonly about: string;
  readonly detail: string;
  /** Of `outage`, `stuck` and `stale win`: why nobody could have done better. */
  readonly excuse?: string;
}
