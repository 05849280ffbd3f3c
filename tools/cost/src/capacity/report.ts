import { cents, type CostLine } from '../monthly-cost.ts';
import { dollarsOf } from './dollars.ts';
import { type Fleet, isNear, type Limit, type Service } from './fleet.ts';

export interface CapacityReport extends Fleet {
  readonly monthly: { readonly lines: readonly CostLine[]; readonly usd: number };
}

export function capacityReport(fleet: Fleet): CapacityReport {
  const lines = dollarsOf(fleet);
  return { ...fleet, monthly: { lines, usd: cents(lines.reduce((sum, { usd }) => sum + usd, 0)) } };
}

const number = (value: number): string => value.toLocaleString('en-US', { maximumSignificantDigits: 3 });
const whole = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 0 });
const dollars = (usd: number): string => `$${whole(usd)}`;

const serviceLine = (what: string, { containers, processors, gibibytes, contexts, perMinute, boundBy }: Service): string =>
  `${what}: ${whole(containers)} containers of ${processors} vCPU and ${gibibytes} GiB with ${contexts} browser contexts; each does ${number(perMinute)} a minute, bound by its ${boundBy}`;

const limitLine = (limit: Limit): string =>
  `  ${isNear(limit) ? '! ' : '  '}${limit.what}: ${number(limit.needed)} of ${number(limit.limit)} ${limit.unit}${isNear(limit) ? `; then: ${limit.then}` : ''}`;

/** For people. */
export function describeCapacity({ demand, peak, webAgents, rotators, database, parameters, accounts, limits, monthly }: CapacityReport): string {
  return [
    `${whole(demand.logins)} logins of ${whole(demand.organizations)} organizations: ${number(demand.tasksPerDay)} tasks a day each, rotated every ${demand.rotationIntervalDays} days`,
    `busiest hour: ${number(peak.tasksPerMinute)} tasks a minute, ${number(peak.loginsPerMinute)} of them with a new login; ${number(peak.rotationsPerMinute)} rotations a minute`,
    '',
    serviceLine('web-agents', webAgents),
    serviceLine('rotators', rotators),
    `database: ${number(database.capacityUnits)} ACU in the busiest hour, ${whole(database.connections)} connections, ${number(database.gibibytes)} GiB after ${number(demand.keptYears * 365)} days of rows, ${number(database.walGibibytesADay)} GiB written ahead a day`,
    `store: ${whole(parameters)} parameters in ${whole(accounts)} AWS accounts`,
    '',
    'what ends first:',
    ...limits.map(limitLine),
    '',
    'a month at the most, at the size of the busiest hour around the clock (traffic, logs and the network not counted):',
    ...monthly.lines.map(({ what, quantity, unit, usd }) => `${dollars(usd).padStart(12)}  ${what}: ${number(quantity)} ${unit}`),
    `${dollars(monthly.usd).padStart(12)}  together`,
    '',
  ].join('\n');
}
