import { advancedParameters, type Deployment, PARAMETERS_EACH, trafficOf } from './deployment.ts';
import { monthlyCost } from './monthly-cost.ts';
import { LIMITS, PRICES } from './prices.ts';

/** The same credentials, all of them in one way of storing. */
export interface Alternative {
  readonly name: string;
  readonly usd: number;
  /** Why it cannot hold them; `null` where it can. */
  readonly impossible: string | null;
}

/** What every way of storing all AWS credentials in one account and region would cost a month; the cheapest possible one first. */
export function alternatives(deployment: Deployment): readonly Alternative[] {
  const all = deployment.ssm + deployment.secretsManager;
  const ssm: Deployment = { ...deployment, ssm: all, secretsManager: 0, vault: 0 };
  const secretsManager: Deployment = { ...ssm, ssm: 0, secretsManager: all };
  const higher = { ...ssm, throughput: 'higher' as const };
  const standard = { ...ssm, throughput: 'standard' as const };
  const options = [
    { name: 'SSM, standard throughput', usd: monthlyCost(standard).usd, impossible: beyondSsm(standard) },
    { name: 'SSM, higher throughput', usd: monthlyCost(higher).usd, impossible: beyondSsm(higher) },
    { name: 'Secrets Manager', usd: monthlyCost(secretsManager).usd, impossible: null },
  ];
  return options.sort((a, b) => Number(a.impossible !== null) - Number(b.impossible !== null) || a.usd - b.usd);
}

function beyondSsm(deployment: Deployment): string | null {
  const most = deployment.throughput === 'higher' ? LIMITS.ssmHigherCallsPerSecond : LIMITS.ssmCallsPerSecond;
  const peak = trafficOf(deployment).peakCallsPerSecond;
  if (peak > most) return `the busiest second needs ${Math.ceil(peak)} calls, and SSM answers ${most}`;
  const advanced = advancedParameters(deployment);
  return advanced > LIMITS.ssmAdvancedParameters ? `${advanced} advanced parameters are needed, and a region holds ${LIMITS.ssmAdvancedParameters}` : null;
}

/** From where on something dearer pays off. */
export interface BreakEven {
  /** Credentials at which the busiest second reaches SSM's quota at these reads, hits and batches: from there on, higher throughput. */
  readonly higherThroughputFromCredentials: number | null;
  /** Hit ratio at which the credentials there are stay within the standard quota; 0 where they do without any cache. */
  readonly hitRatioForStandardThroughput: number;
  /** Credentials at which the standard tier is full: from there on, the advanced tier for the rest (or another account, for nothing). */
  readonly advancedTierFromCredentials: number;
  /** Credentials at which both tiers of one region are full: from there on, Secrets Manager (or another account). */
  readonly secretsManagerFromCredentials: number;
  /** What Secrets Manager costs more than the advanced tier, per credential and month, whatever is read: each call costs the same. */
  readonly secretsManagerPremiumUsd: number;
}

export function breakEven(deployment: Deployment): BreakEven {
  const all = deployment.ssm + deployment.secretsManager;
  const quota = LIMITS.ssmCallsPerSecond;
  const peakEach = trafficOf({ ...deployment, ssm: 1, secretsManager: 0, vault: 0 }).peakCallsPerSecond;
  const uncached = trafficOf({ ...deployment, ssm: all, secretsManager: 0, vault: 0, hitRatio: 0 }).peakCallsPerSecond;
  return {
    higherThroughputFromCredentials: peakEach === 0 ? null : Math.floor(quota / peakEach) + 1,
    hitRatioForStandardThroughput: uncached <= quota ? 0 : Math.ceil((1 - quota / uncached) * 10_000) / 10_000,
    advancedTierFromCredentials: LIMITS.ssmStandardParameters / PARAMETERS_EACH + 1,
    secretsManagerFromCredentials: (LIMITS.ssmStandardParameters + LIMITS.ssmAdvancedParameters) / PARAMETERS_EACH + 1,
    secretsManagerPremiumUsd: (PRICES.secretsManagerSecret - PARAMETERS_EACH * PRICES.ssmAdvancedParameter) * deployment.regions,
  };
}
