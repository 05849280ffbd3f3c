import { resumeRotations } from '@rcm/db/rotation';
import { budgetRefusal, ledgerState } from '../database/budget.ts';
import { isLocked } from '../portal/lockout.ts';
import { refusalsSeen } from '../oracle/refusals-seen.ts';
import { accepts } from '../portal/account.ts';
import { arnOf } from '../stores/stores.ts';
import type { SimProcess } from '../time/sim-process.ts';
import { accountName, type SimLogin } from '../environment/sim-login.ts';
import type { SimulatedEnvironment } from '../environment/simulated-environment.ts';
import { ACT, operatorRuns } from './commands.ts';

const HOUR_MS = 3_600_000;

/**
 * Whoever is on duty once nothing goes wrong any more: ends what is still paused, tells the store what only a person knew, has accounts unlocked that nobody else
 * can unlock, and resolves what is blocked, each once. What can come right by itself is left to do so.
 */
export async function onDuty(environment: SimulatedEnvironment, process: SimProcess): Promise<void> {
  await resume(environment);
  for (const login of environment.logins.values()) {
    tellTheStore(environment, login, process);
    await unlock(environment, login, process);
  }
  // Whatever is blocked had its chance; a search that has no budget left is asked again.
  await process.clock.sleep(24 * HOUR_MS);
  for (let round = 0; round < 8; round += 1) {
    for (const login of environment.logins.values()) {
      await unlock(environment, login, process);
      await resolve(environment, login, process);
    }
    await process.clock.sleep(4 * HOUR_MS);
  }
}

/** Whoever paused it had died of ending it, or their word was lost: `rotator status` says that it is paused, and only a person may end that. */
async function resume({ database, paused }: SimulatedEnvironment): Promise<void> {
  for (const { scope } of database.tables.pauses.all()) await resumeRotations(database, { scope, ...ACT });
  paused.clear();
}

/** What a person set at the portal and told nobody, and what two people made of one secret between them. */
function tellTheStore(environment: SimulatedEnvironment, login: SimLogin, process: SimProcess): void {
  const account = login.portal.accounts.get(login.username);
  const text = environment.stores.personReads(login.reference);
  if (!account || text === null) return;
  const stored = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const mended = {
    ...stored,
    username: login.username,
    ...(account.mfaSeed === null ? {} : { mfa_seed: account.mfaSeed }),
    ...(account.passwordBy === 'person' ? { password: account.password } : {}),
  };
  login.secretOfAPerson = null;
  if (JSON.stringify(mended) === JSON.stringify(stored)) return;
  environment.trace.add(process.name, `puts into the secret of ${login.plan.endpointId} what holds at the portal`);
  environment.onSaved(login, { opened: stored, found: stored, saved: mended });
  login.reference = environment.stores.personWrites(login.reference, JSON.stringify(mended));
}

/** Locked for good, or so near to it that the platform may try nothing any more: support wipes the slate, and we are told. */
async function unlock(environment: SimulatedEnvironment, login: SimLogin, process: SimProcess): Promise<void> {
  const { portal, username, door } = login;
  const account = portal.accounts.get(username);
  if (!account) return;
  const { lockout } = portal.habits;
  const seen = refusalsSeen(portal, username, environment.scheduler.now);
  // As the platform tells people: it has no failure to spare, and only they can change that.
  const isSpent = lockout.windowMs === null && seen > 0 && seen >= door.type.lockoutThreshold - door.type.lockoutMargin - 1;
  const isLockedForGood = isLocked(account, environment.scheduler.now) && lockout.lastsMs === null;
  // Who locked it had it unlocked and told nobody.
  const wasUntold = environment.wasLocked.has(accountName(login));
  if (!isSpent && !isLockedForGood && !wasUntold && !platformWaitsForPeople(environment, login)) return;
  portal.callSupport(username);
  // Two logins may have come to one account; the platform tells of each that it holds for locked, and is answered for each.
  for (const each of environment.logins.values())
    if (accountName(each) === accountName(login)) await operatorRuns(environment, each, { kind: 'unlocked', username }, process);
}

/** It says that it may try this login no more until somebody has it unlocked: what a person said may have been noted for the account that the secret named before. */
function platformWaitsForPeople({ database }: SimulatedEnvironment, { plan: { orgId, endpointId } }: SimLogin): boolean {
  const loginIdentity = database.tables.endpoints.get(endpointId)?.loginIdentity;
  if (!loginIdentity) return false;
  const refusal = budgetRefusal({ now: database.now, in: (ms) => database.in(ms) }, ledgerState(database, orgId, loginIdentity));
  return refusal !== null && refusal.reason !== 'throttled' && refusal.until === null;
}

async function resolve(environment: SimulatedEnvironment, login: SimLogin, process: SimProcess): Promise<void> {
  const secretArn = arnOf(login.reference);
  const blocked = environment.database.tables.attempts.all().find((attempt) => attempt.secretArn === secretArn && attempt.state === 'blocked');
  const account = login.portal.accounts.get(login.username);
  const text = environment.stores.personReads(login.reference);
  if (!blocked || !account || text === null) return;
  const isCurrent = accepts(login.portal.habits, account, String((JSON.parse(text) as { password?: unknown }).password));
  await operatorRuns(environment, login, { kind: 'resolve', accept: isCurrent ? 'current' : 'found' }, process);
}
