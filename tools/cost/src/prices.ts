/** AWS's list prices in US dollars, us-east-1, and the limits that decide which of them apply (docs/cost.md names the pages). */
export const PRICES = {
  /** A month. */
  kmsKey: 1,
  kmsPer10kRequests: 0.03,
  /** A month each. The standard tier costs nothing. */
  ssmAdvancedParameter: 0.05,
  /** Each parameter that a call returns or writes is one interaction. Standard parameters at standard throughput cost nothing. */
  ssmPer10kInteractions: 0.05,
  /** A month each, and each replica as much again. */
  secretsManagerSecret: 0.4,
  secretsManagerPer10kCalls: 0.05,
  /** Fargate on Linux and x86, an hour. */
  fargateProcessor: 0.04048,
  fargateGib: 0.004445,
  /** Aurora Serverless v2, I/O-Optimized: an hour of a capacity unit; a month of a GiB. Reading and writing costs nothing more. */
  auroraCapacityUnit: 0.156,
  auroraGib: 0.225,
} as const;

/** Per account and region. */
export const LIMITS = {
  ssmStandardParameters: 10_000,
  ssmAdvancedParameters: 100_000,
  ssmCallsPerSecond: 40,
  /** With higher throughput; AWS publishes more for GetParameter alone. */
  ssmHigherCallsPerSecond: 1_000,
} as const;

export const DAYS_PER_MONTH = 365 / 12;
export const HOURS_PER_MONTH = DAYS_PER_MONTH * 24;
