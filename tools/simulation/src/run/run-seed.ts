import { chronicle } from '../oracle/chronicle.ts';
import { Oracle } from '../oracle/oracle.ts';
import type { Finding } from '../oracle/finding.ts';
import type { Fault } from '../time/faults.ts';
import type { Plan } from '../world/plan.ts';
import { DUTY_AFTER_MS, setGoing } from '../world/director.ts';
import { World } from '../world/world.ts';

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

/** Many times what the busiest of 20,000 worlds needs, and few enough for a process's memory. */
const MOST_HAPPENINGS = 4_000_000;

/** One world from its beginning to its end, judged. */
export async function runPlan(plan: Plan): Promise<SeedResult> {
  const world = new World(plan);
  const began = world.scheduler.now;
  const oracle = new Oracle(world);
  setGoing(world);
  if (await world.scheduler.run(world.troubleEndsAt + WELL_FOR_MS, MOST_HAPPENINGS)) oracle.judgeTheEnd();
  else oracle.judgeUnended(MOST_HAPPENINGS);
  const { attempts } = world.database.tables;
  return {
    seed: plan.seed,
    findings: oracle.findings,
    rotations: attempts.all().filter(({ state }) => state === 'done').length,
    logins: [...world.portals.values()].reduce((sum, { record }) => sum + record.filter(({ act, by }) => act === 'login' && by !== 'person').length, 0),
    virtualDays: (world.scheduler.now - began) / DAY_MS,
    faults: world.faults.met,
    events: world.scheduler.count,
    trace: () => world.trace.lines,
    chronicle: () => chronicle(world),
  };
}
