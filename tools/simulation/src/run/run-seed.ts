import { chronicle } from '../oracle/chronicle.ts';
import { Oracle } from '../oracle/oracle.ts';
import type { Finding } from '../oracle/finding.ts';
import type { Fault } from '../time/faults.ts';
import type { Plan } from '../environment/plan.ts';
import { DUTY_AFTER_MS, setGoing } from '../environment/director.ts';
import { SimulatedEnvironment } from '../environment/simulated-environment.ts';

const DAY_MS = 86_400_000;
/** The longest first cool-down, the longest window in which a portal counts, and the person on duty's patience, with days to spare. */
const WELL_FOR_MS = DUTY_AFTER_MS + 4 * DAY_MS;

export interface SeedResult {
  readonly seed: number;
  readonly findings: readonly Finding[];
  readonly rotations: number;
  readonly logins: number;
  readonly virtualDays: number;
  readonly faults: readonly Fault[];
  readonly events: number;
  readonly trace: () => readonly string[];
  /** What happened, in sentences. */
  readonly chronicle: () => readonly string[];
}

/** Many times what the busiest of 20,000 environments needs, and few enough for a process's memory. */
const MOST_HAPPENINGS = 4_000_000;

/** One environment from its beginning to its end, judged. */
export async function runPlan(plan: Plan): Promise<SeedResult> {
  const environment = new SimulatedEnvironment(plan);
  const began = environment.scheduler.now;
  const oracle = new Oracle(environment);
  setGoing(environment);
  if (await environment.scheduler.run(environment.troubleEndsAt + WELL_FOR_MS, MOST_HAPPENINGS)) oracle.judgeTheEnd();
  else oracle.judgeUnended(MOST_HAPPENINGS);
  const { attempts } = environment.database.tables;
  return {
    seed: plan.seed,
    findings: oracle.findings,
    rotations: attempts.all().filter(({ state }) => state === 'done').length,
    logins: [...environment.portals.values()].reduce((sum, { record }) => sum + record.filter(({ act, by }) => act === 'login' && by !== 'person').length, 0),
    virtualDays: (environment.scheduler.now - began) / DAY_MS,
    faults: environment.faults.met,
    events: environment.scheduler.count,
    trace: () => environment.trace.lines,
    chronicle: () => chronicle(environment),
  };
}
