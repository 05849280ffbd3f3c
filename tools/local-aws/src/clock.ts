/** Time as local-aws sees it: signatures, sessions, recovery windows and quotas follow it. Tests pass their own. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
