/** What a fleet is to do. Where nothing is said, a day's work is spread as a company's is: busy by day, quiet at night. */
export interface Demand {
  readonly logins: number;
  readonly organizations: number;
  /** Of each login. */
  readonly tasksPerDay: number;
  /** Part of the tasks that find the login's session open and need no new login: 0 to 1. */
  readonly sessionShare: number;
  readonly rotationIntervalDays: number;
  /** How many times busier than on average the busiest hour is. */
  readonly peakFactor: number;
  /** Mean time in seconds that a browser context is open for a task: at portals that are slow it is waiting, not work. */
  readonly taskSeconds: number;
  /** AWS accounts that hold secrets (docs/store-places.md). Default: as many as it takes. */
  readonly accounts?: number | undefined;
  /** Years that rows are kept. */
  readonly keptYears: number;
}

export const DEFAULTS = {
  tasksPerDay: 5,
  sessionShare: 0,
  rotationIntervalDays: 60,
  peakFactor: 4,
  taskSeconds: 30,
  keptYears: 1,
} as const satisfies Partial<Demand>;
export const LOGINS_PER_ORGANIZATION = 100;

/** What that comes to in the busiest hour. */
export interface Peak {
  readonly tasksPerMinute: number;
  readonly loginsPerMinute: number;
  readonly rotationsPerMinute: number;
}

export function peakOf({ logins, tasksPerDay, sessionShare, rotationIntervalDays, peakFactor }: Demand): Peak {
  const tasksPerMinute = (logins * tasksPerDay * peakFactor) / MINUTES_A_DAY;
  return {
    tasksPerMinute,
    loginsPerMinute: tasksPerMinute * (1 - sessionShare),
    // Rotators spread what is due over the whole day (docs/rotation.md).
    rotationsPerMinute: logins / rotationIntervalDays / MINUTES_A_DAY,
  };
}

const MINUTES_A_DAY = 24 * 60;
