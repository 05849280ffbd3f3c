import { type Alternative, alternatives, type BreakEven, breakEven } from './alternatives.ts';
import type { Counts } from './counts.ts';
import { type Deployment, type Traffic, trafficOf } from './deployment.ts';
import { cents, type MonthlyCost, monthlyCost } from './monthly-cost.ts';

export interface CostReport {
  readonly deployment: Deployment;
  readonly traffic: Traffic;
  readonly monthly: MonthlyCost;
  readonly alternatives: readonly Alternative[];
  readonly cheapest: string;
  readonly breakEven: BreakEven;
  /** Each one's part, by its number of credentials; empty where nobody counted. */
  readonly organizations: readonly { readonly orgId: string; readonly credentials: number; readonly usd: number }[];
}

export function costReport(deployment: Deployment, organizations: Counts['organizations']): CostReport {
  const monthly = monthlyCost(deployment);
  const ways = alternatives(deployment);
  const total = organizations.reduce((sum, { credentials }) => sum + credentials, 0);
  return {
    deployment,
    traffic: trafficOf(deployment),
    monthly,
    alternatives: ways,
    cheapest: ways[0]?.name ?? '',
    breakEven: breakEven(deployment),
    organizations: organizations.map(({ orgId, credentials }) => ({ orgId, credentials, usd: cents((monthly.usd * credentials) / total) })),
  };
}

const number = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 1 });
const dollars = (usd: number): string => `$${usd.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

/** For people. */
export function describeReport({ deployment: d, traffic, monthly, alternatives: ways, breakEven: even, organizations }: CostReport): string {
  const { ssm, secretsManager, vault } = d;
  const quota = even.higherThroughputFromCredentials;
  return [
    `${number(ssm)} credentials in SSM, ${number(secretsManager)} in Secrets Manager, ${number(vault)} in Vault; ${number(d.readsPerDay)} reads a day each, ${number(d.hitRatio * 100)}% out of the cache; ${number(traffic.rotations)} rotations a month`,
    '',
    ...monthly.lines
      .filter(({ quantity }) => quantity > 0)
      .map(({ what, quantity, unit, usd }) => `${dollars(usd).padStart(12)}  ${what}: ${number(quantity)} ${unit}`),
    `${dollars(monthly.usd).padStart(12)}  a month (containers and Vault not counted)`,
    '',
    'All of them in one way:',
    ...ways.map(({ name, usd, impossible }) => `${dollars(usd).padStart(12)}  ${name}${impossible === null ? '' : ` (not possible: ${impossible})`}`),
    '',
    quota === null
      ? 'SSM is never asked at these reads.'
      : `Higher throughput is needed from ${number(quota)} credentials on at these reads (busiest second now: ${number(traffic.peakCallsPerSecond)} calls of 40).`,
    `The standard quota is enough at a hit ratio of ${number(even.hitRatioForStandardThroughput * 100)}% or more.`,
    `The advanced tier pays off from ${number(even.advancedTierFromCredentials)} credentials on, or beyond 4 KB; Secrets Manager beyond 8 KB, or from ${number(even.secretsManagerFromCredentials)} on: it costs ${dollars(even.secretsManagerPremiumUsd)} a month more for each, whatever is read.`,
    ...(organizations.length > 0
      ? ['', ...organizations.map(({ orgId, credentials, usd }) => `${dollars(usd).padStart(12)}  ${orgId}: ${number(credentials)} credentials`)]
      : []),
    '',
  ].join('\n');
}
