import { DAYS_PER_MONTH, LIMITS } from './prices.ts';

/** What is paid for: how many credentials lie where, and what is done with them. */
export interface Deployment {
  readonly ssm: number;
  readonly secretsManager: number;
  readonly vault: number;
  readonly rotationsPerYear: number;
  /** Reads by agents, per credential. */
  readonly readsPerDay: number;
  /** Part of the reads that the cache answers: `rcm_credential_hits_total` of all reads. */
  readonly hitRatio: number;
  /** Part of the SSM payloads that are beyond 4 KB and need the advanced tier. */
  readonly advancedShare: number;
  readonly throughput: 'standard' | 'higher';
  /** Names that one SSM call carries on average, 1 to 10: `rcm_credential_batch_size`. It spares the quota, not the money. */
  readonly namesPerCall: number;
  /** How many times busier than on average the busiest second is. */
  readonly peakFactor: number;
  /** 2 with a second region for failover. */
  readonly regions: 1 | 2;
}

/** One rotation: current read twice, staged written, read three times and removed, current written; rounded up. */
const CALLS_PER_ROTATION = 10;
/** Current and copy read, copy written. */
const CALLS_PER_COPY = 3;
/** Of a secret that Secrets Manager replicates: how far that is. */
const CALLS_PER_REPLICA = 1;

/** What the stores are asked in a month. */
export interface Traffic {
  /** Reads that the cache does not answer, of one credential. */
  readonly missesEach: number;
  readonly rotations: number;
  readonly ssmInteractions: number;
  readonly secretsManagerCalls: number;
  readonly peakCallsPerSecond: number;
}

export function trafficOf(deployment: Deployment): Traffic {
  const { ssm, secretsManager, vault, readsPerDay, hitRatio, namesPerCall, peakFactor, regions, rotationsPerYear } = deployment;
  const missesEach = readsPerDay * DAYS_PER_MONTH * (1 - hitRatio);
  const rotations = rotationsPerYear / 12;
  const each = rotations / Math.max(1, ssm + secretsManager + vault);
  const callsEach = (ofCopy: number): number => CALLS_PER_ROTATION + (regions === 2 ? ofCopy : 0);
  return {
    missesEach,
    rotations,
    ssmInteractions: ssm * (missesEach + each * callsEach(CALLS_PER_COPY)),
    secretsManagerCalls: secretsManager * (missesEach + each * callsEach(CALLS_PER_REPLICA)),
    peakCallsPerSecond: ((ssm * readsPerDay * (1 - hitRatio)) / 86_400 / namesPerCall) * peakFactor,
  };
}

/** What is current, and the copy of the last rotation beside it. */
export const PARAMETERS_EACH = 2;

/** Parameters that have to be advanced: too large, or more than an account's region holds of the standard ones. */
export const advancedParameters = ({ ssm, advancedShare }: Deployment): number => {
  const large = PARAMETERS_EACH * Math.ceil(ssm * advancedShare);
  return large + Math.max(0, PARAMETERS_EACH * ssm - large - LIMITS.ssmStandardParameters);
};
