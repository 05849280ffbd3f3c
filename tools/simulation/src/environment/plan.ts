import type { Fault } from '../time/faults.ts';
import { Random } from '../time/random.ts';
import { CLOCK, type Happening, happenings } from './happening.ts';
import { type PortalPlan, portalPlan } from './portal-plan.ts';
import type { LoginPlan } from './login-plan.ts';

const DAY_MS = 86_400_000;

/** Everything that is decided before an environment begins; what it does not say is drawn from the seed as it comes. */
export interface Plan {
  readonly seed: number;
  /** For how long things go wrong. Afterwards everybody does what is left to do, and everything must come right. */
  readonly troubleMs: number;
  readonly portals: readonly PortalPlan[];
  readonly logins: readonly LoginPlan[];
  readonly rotators: number;
  readonly agents: number;
  readonly happenings: readonly Happening[];
  /** Of a process's calls, in [0, 1]. */
  readonly faultRate: number;
  /** How far behind a read of SSM or Secrets Manager may be, in ms. */
  readonly staleMs: number;
  /** By how much a process's clock may be wrong, in ms. */
  readonly clocksOffMs: number;
  readonly onlyFaults?: readonly Fault[];
}

const SEED_LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'];

export function planOf(seed: number): Plan {
  const random = new Random(`simulation ${seed}`);
  const portals = Array.from({ length: random.weighted({ 1: 3, 2: 1 }) === '1' ? 1 : 2 }, (_, at) =>
    portalPlan(random.of(`portal ${at}`), ['alder', 'birch'][at] ?? 'elm'),
  );
  const logins = portals.flatMap((portal) => loginsOf(random.of(portal.realm), portal));
  const troubleMs = random.between(2, 6) * DAY_MS;
  const list = happenings(random.of('happenings'), { troubleMs, portals, logins });
  return {
    seed,
    troubleMs,
    portals,
    logins,
    rotators: random.between(2, 3),
    agents: random.between(1, 2),
    happenings: list,
    faultRate: random.pick([0, 0.002, 0.005, 0.02]),
    staleMs: random.pick([0, 1_000, 5_000]),
    // Of two clocks one is right (docs/adr/0042).
    clocksOffMs: list.some(({ kind }) => kind === CLOCK) ? 0 : random.pick([0, 5_000, 120_000]),
  };
}

function loginsOf(random: Random, { realm, habits, doors }: PortalPlan): LoginPlan[] {
  const count = random.between(2, 3);
  return Array.from({ length: count }, (_, at) => {
    const own = random.of(at);
    const store = own.weighted({ ssm: 4, 'secrets-manager': 3, vault: 3 });
    const password = `${own.pick(['Summer', 'Winter', 'Autumn'])}${own.between(1000, 9999)}${own.pick(['Ab', 'xY', 'Qq'])}`;
    const mfaSeed = habits.asksForCode ? Array.from({ length: 16 }, () => own.pick(SEED_LETTERS)).join('') : null;
    const door = own.between(0, doors.length - 1);
    const otherDoor = doors.length > 1 && own.chance(0.5) ? 1 - door : null;
    return {
      orgId: `org-${at % 2}`,
      endpointId: `${realm}-${at}`,
      realm,
      door,
      store,
      username: `user${at}.${realm}`,
      password,
      // Some have expired by then.
      ageMs: own.of('age').between(0, Math.round((habits.expiresAfterMs ?? 0) * 1.3)),
      mfaSeed,
      otherDoor,
    };
  });
}
