const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

export interface Refusal {
  /** `suspect`: nothing shows that the portal is well; `bad`: others got in. */
  readonly effect: 'suspect' | 'bad';
  /** Earlier refusals of this password that nothing has cleared, and of them the ones called bad. */
  readonly refusals: number;
  readonly bad: number;
  /** Since the first of them, in ms. */
  readonly seriesMs: number;
  readonly propagationDelayMs: number;
  /** Whether time alone makes the portal forget a failure. */
  readonly timeForgives: boolean;
}

/**
 * How long a refused password cools down before it gets one more try, in ms (docs/design.md, Login). A bad one: an hour, a day, a week. A suspect one:
 * at first as long as the change may need to hold everywhere at the portal, then an hour at a time, so that it works again within an hour of the portal's
 * being well; after two days of refusals a day, after two weeks a week, since a portal is not ill for ever. Where no time makes the portal forget, the
 * first try is too dear to be soon.
 */
export function coolDownAfter({ effect, refusals, bad, seriesMs, propagationDelayMs, timeForgives }: Refusal): number {
  if (effect === 'bad') return [HOUR_MS, DAY_MS][bad] ?? WEEK_MS;
  if (refusals === 0 && timeForgives) return Math.min(Math.max(propagationDelayMs, 1_000), HOUR_MS);
  if (seriesMs < 2 * DAY_MS) return HOUR_MS;
  return seriesMs < 14 * DAY_MS ? DAY_MS : WEEK_MS;
}
