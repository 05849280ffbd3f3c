/** Time as the server sees it: token lifetimes and creation times follow it. Tests pass their own. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
