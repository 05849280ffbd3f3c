import { createCredentialManager } from '@rcm/credentials';
import { listOpenAttempts, listStartable } from '@rcm/db/rotation';
import { type AgentAccess, type Drivers, SessionCache, withAgentSession } from '@rcm/portal-access';
import { longWaitLooks, lookAtBlocked, mendWanted, removeOldCopies, rotateAndReport, type Rotator, stopFailingPortalTypes } from '@rcm/rotator';
import { createMetrics, isRcmError } from '@rcm/telemetry';
import { modelDriver } from '../portal/driver.ts';
import type { SimProcess } from '../time/sim-process.ts';
import { ENVIRONMENT } from '../stores/stores.ts';
import { KEYS, type SimulatedEnvironment } from './simulated-environment.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

const LEASE = { ttlMs: 60_000, waitMs: 120_000, pollMs: 5_000 };
const SUBMIT_DEADLINE_MS = 30_000;
const LOGIN = { loginDeadlineMs: 60_000, totpWaitMs: 120_000, personWaitMs: 60_000 };
const BREAKER = { windowMs: 10 * MINUTE_MS, suspects: 3, failures: 3 };
/** Between two rounds of a rotator: so long where there was something to do, and twice as long each time where there was nothing. */
const ROUND_MS = { least: 45 * SECOND_MS, most: 30 * MINUTE_MS };
const LONG_ROUND_MS = 2 * HOUR_MS;
/** Each login is visited so often by all agents together, while things go wrong and afterwards. */
const VISIT_MS = 3 * HOUR_MS;
const CALM_VISIT_MS = 8 * HOUR_MS;

/** What `Drivers` gives for a portal type's row: the model's driver. */
const driversFor = (environment: SimulatedEnvironment): Drivers =>
  ({
    for: ({ code }: { readonly code: string }, user?: { readonly id: string; readonly orgId: string }) => {
      const door = environment.doorOfType(code);
      return modelDriver({
        outside: environment.outside,
        scheduler: environment.scheduler,
        portalAt: (baseUrl) => environment.portalAt(baseUrl),
        hash: `recipe of ${code}`,
        provesPassword: door.provesPassword,
        onTyped: (realm, username) => typed(environment, user, realm, username),
        onChange(realm, username) {
          for (const login of environment.logins.values())
            if (login.plan.realm === realm && login.username === username) environment.secrets.onChange(login.plan.endpointId);
        },
      });
    },
  }) as unknown as Drivers;

/** Whose account it is, by the plan: an account that no login of the organization was ever to use is another tenant's. */
function typed(
  { logins, trespasses }: SimulatedEnvironment,
  user: { readonly id: string; readonly orgId: string } | undefined,
  realm: string,
  username: string,
): void {
  if (!user) return;
  const known = [...logins.values()].filter(({ plan }) => plan.realm === realm && (plan.username === username || `${plan.username}-second` === username));
  if (known.length > 0 && !known.some(({ plan }) => plan.orgId === user.orgId)) trespasses.push(`${user.orgId} types ${username} at ${realm}`);
}

export const rotatorOf = (environment: SimulatedEnvironment, process: SimProcess): Rotator => ({
  db: environment.database,
  clock: process.clock,
  logger: environment.logger,
  drivers: driversFor(environment),
  stores: environment.stores.tenantStores('rotator', process.clock),
  environment: ENVIRONMENT,
  lease: LEASE,
  rules: { canary: environment.plan.seed % 3 === 0, probeMs: 15 * MINUTE_MS, lastingMs: 0 },
  breaker: BREAKER,
  keys: KEYS,
  owner: process.name,
  timing: { ...LOGIN, submitDeadlineMs: SUBMIT_DEADLINE_MS, retryMs: 5 * MINUTE_MS, maxTries: 3, abandonedPauseMs: 12 * HOUR_MS, giveUpMs: 14 * 24 * HOUR_MS },
});

/** As `rotator run` does it, with one pair of hands: what fails, what was left open, what is due, what was refused, what is old. */
export async function runRotator(environment: SimulatedEnvironment, process: SimProcess): Promise<void> {
  const rotator = rotatorOf(environment, process);
  const { signal } = new AbortController();
  const lookAtLongWaits = longWaitLooks(rotator, 20);
  let pauseMs = ROUND_MS.least;
  for (let round = 0; ; round += 1) {
    let found = 0;
    try {
      await stopFailingPortalTypes(rotator);
      for (const { orgId, endpointId } of await listOpenAttempts(rotator.db, { ownerGone: true, limit: 20 })) {
        found += 1;
        await rotateAndReport(rotator, { orgId, endpointId, reason: 'recovery', signal });
      }
      for (const { orgId, endpointId } of await listStartable(rotator.db, { rules: rotator.rules, limit: 20 })) {
        found += 1;
        await rotateAndReport(rotator, { orgId, endpointId, reason: 'due', signal });
      }
      await mendWanted(rotator, { limit: 20, pauseMs: MINUTE_MS, signal });
      await lookAtBlocked(rotator, { limit: 20, signal });
      await lookAtLongWaits(signal);
      if (round % 8 === 0) await removeOldCopies(rotator, { limit: 20, signal });
    } catch (error) {
      if (!isRcmError(error)) throw error;
    }
    const isCalm = environment.scheduler.now > environment.troubleEndsAt + 12 * HOUR_MS;
    pauseMs = found > 0 ? ROUND_MS.least : Math.min(pauseMs * 2, isCalm ? LONG_ROUND_MS : ROUND_MS.most);
    await process.clock.sleep(process.random.between(pauseMs / 2, pauseMs));
  }
}

/** A web-agent: visits one login after the other, keeps a session now and then, and comes again sooner where it was put off. */
export async function runAgent(environment: SimulatedEnvironment, process: SimProcess): Promise<void> {
  const metrics = createMetrics();
  const sessions = new SessionCache({ maxSessions: 4, idleMs: 10 * MINUTE_MS });
  const access: AgentAccess = {
    db: environment.database,
    clock: process.clock,
    logger: environment.logger,
    credentials: createCredentialManager({
      stores: environment.stores.tenantReaders(process.clock),
      metrics,
      clock: process.clock,
      random: () => process.random.next(),
    }),
    drivers: driversFor(environment),
    sessions,
    lease: LEASE,
    login: LOGIN,
    illness: BREAKER,
    keys: KEYS,
  };
  const logins = environment.endpoints;
  for (let turn = process.random.between(0, logins.length); ; turn += 1) {
    const login = logins[turn % logins.length];
    if (!login) return;
    const worked = await visit(environment, process, access, login);
    const isCalm = environment.scheduler.now > environment.troubleEndsAt + 12 * HOUR_MS;
    const everyMs = ((isCalm ? CALM_VISIT_MS : VISIT_MS) * environment.plan.agents) / logins.length;
    // Whoever needs the portal and did not get in does not wait for long.
    const isImpatient = !worked && process.random.chance(0.3);
    if (isImpatient) turn -= 1;
    await process.clock.sleep(process.random.between(everyMs / 2, everyMs * 1.5) / (isImpatient ? 4 : 1));
  }
}

async function visit(
  environment: SimulatedEnvironment,
  process: SimProcess,
  access: AgentAccess,
  { orgId, endpointId, login }: SimulatedEnvironment['endpoints'][number],
): Promise<boolean> {
  const begunAt = environment.scheduler.now;
  const request = { orgId, endpointId, holder: `${process.name} ${process.crossings}`, signal: new AbortController().signal };
  try {
    return await withAgentSession(access, request, async (session, signal) => {
      const outcome = await session.runTask({ name: 'look', input: {}, deadlineMs: MINUTE_MS, signal });
      if (outcome.kind === 'found') environment.onWorked(login, process);
      return { value: outcome.kind === 'found', session: outcome.kind === 'found' && process.random.chance(0.5) ? 'keep' : 'close' };
    });
  } catch (error) {
    if (!isRcmError(error)) throw error;
    environment.trace.add(process.name, `visit of ${endpointId} fails: ${error.code}`);
    const turnedAway = environment.logins.get(endpointId);
    // Whom the environment itself has hit meanwhile was kept out by that.
    if (turnedAway && !process.hurts.some((at) => at >= begunAt)) environment.onTurnedAway(turnedAway);
    return false;
  }
}
