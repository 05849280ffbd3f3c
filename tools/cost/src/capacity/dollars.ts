import { cents, type CostLine, monthlyCost } from '../monthly-cost.ts';
import { HOURS_PER_MONTH, PRICES } from '../prices.ts';
import { type Fleet, isNear, type Service, SSM_CALLS } from './fleet.ts';

/** A writer and one that takes over, each as large (`infra.yaml` has them in two zones). */
const DATABASE_INSTANCES = 2;

/** A month of it, at the size of the busiest hour around the clock: what scales down at night costs less. Traffic, logs and the network's endpoints are not in it. */
export function dollarsOf(fleet: Fleet): readonly CostLine[] {
  const { webAgents, rotators, database, parameters, accounts, ssmCallsADay, limits } = fleet;
  const { logins } = fleet.demand;
  const isPaidFor = limits.some((limit) => limit.what === SSM_CALLS && isNear(limit));
  // Each account has standard parameters of its own, and a key.
  const stores = monthlyCost({
    ...{ ssm: logins / accounts, secretsManager: 0, vault: 0, advancedShare: 0, throughput: isPaidFor ? 'higher' : 'standard' },
    // The calls were counted behind the cache.
    ...{ readsPerDay: ssmCallsADay / logins, hitRatio: 0, rotationsPerYear: 0, namesPerCall: 1, peakFactor: 1, regions: 1 },
  });
  return [
    containers('web-agents', webAgents),
    containers('rotators', rotators),
    line('Aurora capacity', database.capacityUnits * DATABASE_INSTANCES, 'ACU', PRICES.auroraCapacityUnit * HOURS_PER_MONTH),
    line('Aurora storage', database.gibibytes, 'GiB', PRICES.auroraGib),
    { what: 'stores and their key', quantity: parameters, unit: 'parameters', usd: cents(stores.usd * accounts) },
  ];
}

const containers = (what: string, { containers: count, processors, gibibytes }: Service): CostLine =>
  line(what, count, 'containers', (processors * PRICES.fargateProcessor + gibibytes * PRICES.fargateGib) * HOURS_PER_MONTH);

const line = (what: string, quantity: number, unit: string, each: number): CostLine => ({
  what,
  quantity: Math.round(quantity * 10) / 10,
  unit,
  usd: cents(quantity * each),
});
