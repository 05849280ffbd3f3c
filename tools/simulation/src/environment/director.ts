import { Person } from '../people/acts.ts';
import { onDuty } from '../people/duty.ts';
import { TOLD_WITHIN_MS } from '../oracle/refusals-seen.ts';
import type { Happening } from './happening.ts';
import { runAgent, runRotator } from './processes.ts';
import type { SimulatedEnvironment } from './simulated-environment.ts';

const HOUR_MS = 3_600_000;

/** Starts every process, and lets happen what the plan says, when it says so. */
export function setGoing(environment: SimulatedEnvironment): void {
  const { plan, scheduler, troubleEndsAt } = environment;
  const began = scheduler.now;
  for (let i = 0; i < plan.rotators; i += 1) environment.keep(`rotator-${i}`, 'rotator', (process) => runRotator(environment, process));
  for (let i = 0; i < plan.agents; i += 1) environment.keep(`agent-${i}`, 'agent', (process) => runAgent(environment, process));
  plan.happenings.forEach((happening, number) => scheduler.at(began + happening.at, null, () => happens(environment, happening, number)));
  scheduler.at(troubleEndsAt, null, () => allIsWell(environment));
}

function happens(environment: SimulatedEnvironment, happening: Happening, number: number): void {
  const { now } = environment.scheduler;
  environment.trace.add('the environment', JSON.stringify(happening));
  switch (happening.kind) {
    case 'the portal is ill':
      return void Object.assign(weather(environment, happening.realm), { refusesUntil: now + happening.forMs, refusalsAreCounted: happening.counts });
    case 'the portal is closed':
      weather(environment, happening.realm).unavailableUntil = now + happening.forMs;
      return;
    case 'the portal asks for a picture puzzle':
      weather(environment, happening.realm).challengesUntil = now + happening.forMs;
      return;
    case 'the next change is answered':
      environment.portals.get(happening.realm)?.nextAnswers.push(happening.answer);
      return;
    case 'the store is down':
      environment.stores.weatherOf(happening.store).downUntil = now + happening.forMs;
      return;
    case 'the store throttles':
      environment.stores.weatherOf(happening.store).throttledUntil = now + happening.forMs;
      return;
    case 'the store denies writes':
      environment.stores.weatherOf(happening.store).writesDeniedUntil = now + happening.forMs;
      return;
    case 'the database fails over': {
      const forgotten = environment.database.failOver(happening.lostMs, happening.downMs);
      for (const portal of environment.portals.values())
        for (const told of [...portal.told, ...portal.toldOfChanges]) if (told.at > now - happening.lostMs - TOLD_WITHIN_MS) told.outcome = null;
      environment.trace.add('the database', `forgets ${forgotten} rows that were written`);
      return;
    }
    case "the database's clock is set":
      environment.database.clockOffMs = happening.offMs;
      return;
    case 'a process is killed': {
      const processes = environment.alive.filter(({ role }) => role === 'agent' || role === 'rotator');
      const process = processes[happening.which % processes.length];
      if (process) environment.kill(process);
      return;
    }
    default: {
      const login = environment.login(happening.login);
      const isCommand = happening.kind === 'a person retries' || happening.kind === 'a person rotates' || happening.kind === 'a person rolls back';
      environment.spawn(`person-${number}`, isCommand ? 'operator' : 'person', (process) => new Person(environment, login, process).does(happening));
    }
  }
}

function weather(environment: SimulatedEnvironment, realm: string) {
  const portal = environment.portals.get(realm);
  if (!portal) throw new Error(`There is no portal ${realm}.`);
  return portal.weather;
}

/** Nothing goes wrong from here on; people finish what they had begun. */
function allIsWell(environment: SimulatedEnvironment): void {
  environment.trace.add('the environment', 'nothing goes wrong any more');
  for (const portal of environment.portals.values()) {
    Object.assign(portal.weather, { refusesUntil: 0, unavailableUntil: 0, challengesUntil: 0 });
    portal.nextAnswers.length = 0;
  }
  for (const store of ['ssm', 'secrets-manager', 'vault'] as const)
    Object.assign(environment.stores.weatherOf(store), { downUntil: 0, throttledUntil: 0, writesDeniedUntil: 0 });
  Object.assign(environment.database, { downUntil: 0, clockOffMs: 0 });
  // Whoever still has a secret open saves it; then the one on duty looks at everything.
  environment.scheduler.in(DUTY_AFTER_MS, null, () => void environment.spawn('on-duty', 'operator', (process) => onDuty(environment, process)));
}

/** The longest that a person has anything open, and a stop or a pause that had begun lasts. */
export const DUTY_AFTER_MS = 62 * HOUR_MS;
