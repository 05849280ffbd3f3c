import type { Clock } from './clock.ts';

/** Requests a second that Parameter Store lets through; a missing one is not limited. */
export interface QuotaOptions {
  /** Shared by GetParameter, GetParameters and GetParametersByPath (AWS: 40 by default). */
  readonly reads?: number | undefined;
  /** PutParameter (AWS: 3 by default). */
  readonly writes?: number | undefined;
}

export type Quotas = ReturnType<typeof createQuotas>;

const READS = new Set(['ssm:GetParameter', 'ssm:GetParameters', 'ssm:GetParametersByPath']);
const WRITES = new Set(['ssm:PutParameter']);

/** Token buckets that start full, hold one second's worth and refill evenly. Source: "Systems Manager endpoints and quotas", AWS General Reference. */
export function createQuotas(options: QuotaOptions, clock: Clock) {
  const reads = options.reads === undefined ? null : createBucket(options.reads, clock);
  const writes = options.writes === undefined ? null : createBucket(options.writes, clock);
  return {
    /** Takes one request of this action's budget; `false` means throttled. */
    take(action: string): boolean {
      const bucket = READS.has(action) ? reads : WRITES.has(action) ? writes : null;
      return bucket?.take() ?? true;
    },
  };
}

function createBucket(perSecond: number, clock: Clock): { take(): boolean } {
  let tokens = perSecond;
  let filledAt = clock.now().getTime();
  return {
    take() {
      const now = clock.now().getTime();
      // A clock that went back refills nothing and must not freeze the bucket either.
      tokens = Math.min(perSecond, tokens + (Math.max(0, now - filledAt) / 1000) * perSecond);
      filledAt = now;
      if (tokens < 1) return false;
      tokens -= 1;
      return true;
    },
  };
}
