import { Person } from '../people/acts.ts';
import { onDuty } from '../people/duty.ts';
import { TOLD_WITHIN_MS } from '../oracle/refusals-seen.ts';
import type { Happening } from './happening.ts';
import { runAgent, runRotator } from './processes.ts';
import type { World } from './world.ts';

const HOUR_MS = 3_600_000;

/** Starts every process, and lets happen what the plan says, when it says so. */
export function setGoing(world: World): void {
  const { plan, scheduler, troubleEndsAt } = world;
  const began = scheduler.now;
  for (let i = 0; i < plan.rotators; i += 1) world.keep(`rotator-${i}`, 'rotator', (process) => runRotator(world, process));
  for (let i = 0; i < plan.agents; i += 1) world.keep(`agent-${i}`, 'agent', (process) => runAgent(world, process));
  plan.happenings.forEach((happening, number) => scheduler.at(began + happening.at, null, () => happens(world, happening, number)));
  scheduler.at(troubleEndsAt, null, () => allIsWell(world));
}

function happens(world: World, happening: Happening, number: number): void {
  const { now } = world.scheduler;
  world.trace.add('the world', JSON.stringify(happening));
  switch (happening.kind) {
    case 'the portal is ill':
      return void Object.assign(weather(world, happening.realm), { illUntil: now + happening.forMs, illCounts: happening.counts });
    case 'the portal is closed':
      weather(world, happening.realm).unavailableUntil = now + happening.forMs;
      return;
    case 'the portal asks for a picture puzzle':
      weather(world, happening.realm).challengesUntil = now + happening.forMs;
      return;
    case 'the next change is answered':
      world.portals.get(happening.realm)?.nextAnswers.push(happening.answer);
      return;
    case 'the store is down':
      world.stores.weatherOf(happening.store).downUntil = now + happening.forMs;
      return;
    case 'the store throttles':
      world.stores.weatherOf(happening.store).throttledUntil = now + happening.forMs;
      return;
    case 'the store denies writes':
      world.stores.weatherOf(happening.store).writesDeniedUntil = now + happening.forMs;
      return;
    case 'the database fails over': {
      const forgotten = world.database.failOver(happening.lostMs, happening.downMs);
      for (const portal of world.portals.values()) for (const told of portal.told) if (told.at > now - happening.lostMs - TOLD_WITHIN_MS) told.outcome = null;
      world.trace.add('the database', `forgets ${forgotten} rows that were written`);
      return;
    }
    case 'a process is killed': {
      const processes = world.alive.filter(({ role }) => role === 'agent' || role === 'rotator');
      const process = processes[happening.which % processes.length];
      if (process) world.kill(process);
      return;
    }
    default: {
      const login = world.login(happening.login);
      const isCommand = happening.kind === 'a person retries' || happening.kind === 'a person rotates' || happening.kind === 'a person rolls back';
      world.spawn(`person-${number}`, isCommand ? 'operator' : 'person', (process) => new Person(world, login, process).does(happening));
    }
  }
}

function weather(world: World, realm: string) {
  const portal = world.portals.get(realm);
  if (!portal) throw new Error(`There is no portal ${realm}.`);
  return portal.weather;
}

/** Nothing goes wrong from here on; people finish what they had begun. */
function allIsWell(world: World): void {
  world.trace.add('the world', 'nothing goes wrong any more');
  for (const portal of world.portals.values()) {
    Object.assign(portal.weather, { illUntil: 0, unavailableUntil: 0, challengesUntil: 0 });
    portal.nextAnswers.length = 0;
  }
  for (const store of ['ssm', 'secrets-manager', 'vault'] as const)
    Object.assign(world.stores.weatherOf(store), { downUntil: 0, throttledUntil: 0, writesDeniedUntil: 0 });
  world.database.downUntil = 0;
  // Whoever still has a secret open saves it; then the one on duty looks at everything.
  world.scheduler.in(DUTY_AFTER_MS, null, () => void world.spawn('on-duty', 'operator', (process) => onDuty(world, process)));
}

/** The longest that a person has anything open, and a stop or a pause that had begun lasts. */
export const DUTY_AFTER_MS = 62 * HOUR_MS;
