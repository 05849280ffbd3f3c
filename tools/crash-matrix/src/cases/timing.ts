/**
 * The windows of a case, in ms: as short as a browser on a busy machine allows. A slow portal is slower than the submit deadline,
 * and done before the propagation delay is over, counted from there: it also covers a browser that a busy machine lets send its POST seconds late.
 */
export const TIMING = {
  submitDeadlineMs: 6_000,
  leaseTtlMs: 9_000,
  propagationDelayMs: 6_000,
  slowPortalMs: 6_300,
  /** The minutes of a portal that makes its change late, in the proportion to propagation delay and deadline that they have for real. */
  latePortalMs: 60_000,
  retryMs: 300,
  /** Of the ledger and of the portals alike; also how far back the breaker looks. */
  lockoutWindowMs: 15_000,
  /** Between two visits of an agent that looks in all the time. */
  visitPauseMs: 1_000,
  /**
   * A case that has not ended by then is stuck. Most take a minute. A login whose process died in the middle of it counts as a failure for ten minutes more, in the ledger's own
   * time (docs/adr/0013); where a person locks the account meanwhile, the recovery waits for that, and a rotation that has waited so long waits as long again before it submits.
   */
  caseDeadlineMs: 2_400_000,
} as const;
