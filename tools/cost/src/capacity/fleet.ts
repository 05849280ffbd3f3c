import { QUOTA_PERCENT, QUOTAS } from '@rcm/telemetry';
import { LIMITS } from '../prices.ts';
import { type Demand, type Peak, peakOf } from './demand.ts';
import type { UnitCosts } from './unit-costs.ts';

/** A container as the stack deploys it (`infra.yaml`: `webAgent.size`, `webAgent.browserContexts`). */
export interface Container {
  readonly processors: number;
  readonly gibibytes: number;
  readonly contexts: number;
}

export interface Service extends Container {
  readonly containers: number;
  /** What is short first: processors, or contexts that wait for their portal. */
  readonly boundBy: 'processors' | 'contexts';
  /** What one of them does in a minute. */
  readonly perMinute: number;
}

/** Something that ends at a number which the platform does not choose. */
export interface Limit {
  readonly what: string;
  readonly needed: number;
  readonly limit: number;
  readonly unit: string;
  readonly then: string;
}

export interface Fleet {
  readonly demand: Demand;
  readonly peak: Peak;
  readonly webAgents: Service;
  readonly rotators: Service;
  readonly database: {
    /** Aurora capacity units that the busiest hour needs. */
    readonly capacityUnits: number;
    readonly connections: number;
    /** GiB after `keptYears`, and written ahead in a day. */
    readonly gibibytes: number;
    readonly walGibibytesADay: number;
  };
  /** In SSM, with the copies of rotations. */
  readonly parameters: number;
  /** AWS accounts that hold them. */
  readonly accounts: number;
  readonly ssmCallsADay: number;
  /** The nearest to its end first. */
  readonly limits: readonly Limit[];
}

export const PARAMETERS = 'parameters of an account';
export const SSM_CALLS = 'SSM calls of an account in the busiest hour';
/** So busy may processors be in the busiest hour: above it, what waits for them waits long. */
const MOST_BUSY = 0.7;
/** One may be replaced while work goes on. */
const LEAST_CONTAINERS = 2;
/** Connections of a process at most (`openDatabase`), and of the console, `rcm` and jobs together. */
const [CONNECTIONS_EACH, CONNECTIONS_BESIDE] = [10, 40];
/** AWS, Aurora Serverless v2: a capacity unit is about 2 GiB of memory, with the processors that go with it; four make one. */
const [UNITS_A_PROCESSOR, GIB_A_UNIT] = [4, 2];
/** AWS, default of `max_connections`: memory in bytes by this, and never more. */
const [BYTES_A_CONNECTION, MOST_CONNECTIONS] = [9_531_392, 5_000];
/** The share of what is kept that is at work: the indexes' newest pages, and the fleet's own rows. */
const RECENT_DAYS = 7;
/** Copies beside each login: of its last rotation, until the next one was verified; and open rotations and what abandoned ones left (docs/scale.md, the fleet that is measured). */
const COPIES = 1.01;
const [GIB, SECONDS_A_MINUTE, DAYS_A_YEAR] = [1024 ** 3, 60, 365];
/** Of Aurora Serverless v2, and of a cluster's volume (AWS, quotas of Aurora). */
const [MOST_UNITS, MOST_GIB] = [256, 131_072];
/** With which a place is filled (`RCM_PLACE_LOGINS`): half of an account's standard parameters is for what rotations stage. */
const LOGINS_AN_ACCOUNT = 4_500;
const HOUR_S = 3_600;

export function fleetFor(demand: Demand, sizes: { readonly webAgent: Container; readonly rotator: Container }, costs: UnitCosts): Fleet {
  const peak = peakOf(demand);
  const task = mixed(costs, demand.sessionShare);
  const webAgents = serviceOf(peak.tasksPerMinute, sizes.webAgent, { processorSeconds: task.processorSeconds, contextSeconds: demand.taskSeconds });
  const rotators = serviceOf(peak.rotationsPerMinute, sizes.rotator, costs.rotation);
  const database = databaseOf({ demand, peak, task, costs, processes: webAgents.containers + rotators.containers });
  const parameters = Math.ceil(demand.logins * (1 + COPIES));
  const calls = (tasks: number, rotations: number): number => tasks * task.storeCalls + rotations * costs.rotation.storeCalls;
  const ssmCalls = calls(peak.tasksPerMinute, peak.rotationsPerMinute) / SECONDS_A_MINUTE;
  const accounts = demand.accounts ?? Math.max(Math.ceil(demand.logins / LOGINS_AN_ACCOUNT), Math.ceil((ssmCalls / QUOTAS.ssmReads / QUOTA_PERCENT) * 100));
  // Each process has a session of each tenant that it works for, for an hour.
  const sts = ((webAgents.containers + rotators.containers) * demand.organizations) / HOUR_S;
  const limits: Limit[] = [
    limit('capacity of one database', {
      needed: database.capacityUnits,
      limit: MOST_UNITS,
      unit: 'ACU',
      then: 'fewer years kept, or a second platform for part of the organizations',
    }),
    limit('size of one database', { needed: database.gibibytes, limit: MOST_GIB, unit: 'GiB', then: 'fewer years kept' }),
    limit('connections of one database', {
      needed: database.connections,
      limit: connectionsOf(MOST_UNITS),
      unit: 'connections',
      then: 'a pooler between processes and database',
    }),
    ...limitsOfAccounts({ parameters, ssmCalls, accounts, given: demand.accounts !== undefined }),
    limit('new tenant sessions', { needed: sts, limit: QUOTAS.sts, unit: 'a second', then: 'a higher quota of STS' }),
  ];
  const share = ({ needed, limit: most }: Limit): number => needed / most;
  return {
    ...{ demand, peak, webAgents, rotators, database, parameters, accounts },
    ssmCallsADay: calls(demand.logins * demand.tasksPerDay, demand.logins / demand.rotationIntervalDays),
    limits: limits.toSorted((one, other) => share(other) - share(one)),
  };
}

interface Accounts {
  readonly parameters: number;
  readonly ssmCalls: number;
  readonly accounts: number;
  readonly given: boolean;
}

/** Where there are as many accounts as it takes, none of them comes to an end. */
function limitsOfAccounts({ parameters, ssmCalls, accounts, given }: Accounts): readonly Limit[] {
  if (!given) return [];
  return [
    limit(PARAMETERS, {
      needed: parameters / accounts,
      limit: LIMITS.ssmStandardParameters,
      unit: 'parameters',
      then: 'further accounts (docs/store-places.md), the advanced tier, or Secrets Manager for the rest',
    }),
    limit(SSM_CALLS, {
      needed: ssmCalls / accounts,
      limit: QUOTAS.ssmReads,
      unit: 'a second',
      then: 'further accounts, or higher throughput of SSM',
    }),
  ];
}

/** Above it somebody is told (`QUOTA_PERCENT`), so nothing is planned for more. */
export const isNear = ({ needed, limit }: Limit): boolean => needed > (limit * QUOTA_PERCENT) / 100;

const limit = (what: string, rest: Omit<Limit, 'what'>): Limit => ({ what, ...rest });

type Task = UnitCosts['task'];

/** A task of which so many find a session open. */
function mixed({ task, sessionTask }: UnitCosts, share: number): Task {
  const each = Object.entries(task).map(([what, amount]) => [what, amount * (1 - share) + sessionTask[what as keyof Task] * share] as const);
  return Object.fromEntries(each) as Task;
}

export interface WorkCost {
  readonly processorSeconds: number;
  readonly contextSeconds: number;
}

/** What processors that are so busy, and contexts that wait for their portal, do in a minute: whichever is short. */
export function workOf(
  { processors, contexts }: Pick<Container, 'processors' | 'contexts'>,
  each: WorkCost,
  busy: number = MOST_BUSY,
): Pick<Service, 'perMinute' | 'boundBy'> {
  const byProcessors = (processors * SECONDS_A_MINUTE * busy) / each.processorSeconds;
  const byContexts = (contexts * SECONDS_A_MINUTE) / each.contextSeconds;
  return { perMinute: Math.min(byProcessors, byContexts), boundBy: byProcessors < byContexts ? 'processors' : 'contexts' };
}

function serviceOf(wanted: number, container: Container, each: WorkCost): Service {
  const one = workOf(container, each);
  return { ...container, ...one, containers: Math.max(LEAST_CONTAINERS, Math.ceil(wanted / one.perMinute)) };
}

interface DatabaseWork {
  readonly demand: Demand;
  readonly peak: Peak;
  readonly task: Task;
  readonly costs: UnitCosts;
  readonly processes: number;
}

function databaseOf({ demand, peak, task, costs: { rotation, rowBytes }, processes }: DatabaseWork): Fleet['database'] {
  const [tasksADay, rotationsADay] = [demand.logins * demand.tasksPerDay, demand.logins / demand.rotationIntervalDays];
  const aDay = (of: 'walBytes' | 'ledgerRows' | 'auditRows'): number => tasksADay * task[of] + rotationsADay * rotation[of];
  const busy = (peak.tasksPerMinute * task.databaseSeconds + peak.rotationsPerMinute * rotation.databaseSeconds) / SECONDS_A_MINUTE;
  const grows = tasksADay * rowBytes.task + rotationsADay * rowBytes.rotation + aDay('ledgerRows') * rowBytes.ledger + aDay('auditRows') * rowBytes.audit;
  const bytes = demand.logins * rowBytes.login + grows * DAYS_A_YEAR * demand.keptYears;
  const inMemory = (demand.logins * rowBytes.login + grows * RECENT_DAYS) / GIB;
  const connections = processes * CONNECTIONS_EACH + CONNECTIONS_BESIDE;
  const units = [(busy / MOST_BUSY) * UNITS_A_PROCESSOR, inMemory / GIB_A_UNIT, unitsForConnections(connections), 1];
  return {
    capacityUnits: Math.ceil(Math.max(...units) * 2) / 2,
    connections,
    gibibytes: bytes / GIB,
    walGibibytesADay: aDay('walBytes') / GIB,
  };
}

const connectionsOf = (units: number): number => Math.min(MOST_CONNECTIONS, Math.floor((units * GIB_A_UNIT * GIB) / BYTES_A_CONNECTION));
/** Capacity whose memory admits so many; more than the most that there can be is the pooler's matter. */
const unitsForConnections = (connections: number): number => (Math.min(connections, MOST_CONNECTIONS) * BYTES_A_CONNECTION) / (GIB_A_UNIT * GIB);
