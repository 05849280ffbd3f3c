import { parsePayload, parseReference, type StoredSecret } from '@rcm/credentials';
import { type Database, type EndpointRow, findEndpoint, serverTime } from '@rcm/db';
import { type HeldLease, withExclusiveLease } from '@rcm/db/holding';
import { type Clearance, clearLogin } from '@rcm/db/ledger';
import { wantCredentialSearch } from '@rcm/db/rotation';
import { accountOf, type MigratedEndpoint, migratedEndpoint } from '@rcm/portal-access';
import { hasCode, RcmError } from '@rcm/telemetry';
import { leaseRequest } from '../lease-request.ts';
import { namesOtherAccount } from '../finding/other-account-named.ts';
import { mendLogin, type Mended } from '../mending/mend-login.ts';
import { proveLogin } from '../prove-login.ts';
import type { Rotator } from '../rotator.ts';
import type { RotatorProcess } from '../services.ts';
import { type CommandContext, type DoneLater, type PersonalAct, print } from './command.ts';

export interface ClearOptions extends Clearing {
  readonly dryRun: boolean;
}

/** Whose act it is, on which login, for whoever shows what came of it in another way than a command. */
export interface Clearing extends PersonalAct, DoneLater {
  readonly endpointId: string;
  /** Of `unlocked`: the user name that the portal's support has unlocked, where the person says it. */
  readonly username?: string | undefined;
  /** When the person said it, by Postgres's clock. Default: when it is noted. */
  readonly saidAt?: Date | undefined;
}
type Services = Pick<RotatorProcess, 'rotator' | 'db'>;

/** `unlocked`: a person says that the portal's support has unlocked the account. Failures from before they said so count no more, and nothing cools down. */
export async function unlockedCommand(context: CommandContext, options: ClearOptions): Promise<number> {
  const { endpointId, dryRun } = options;
  const saidAt = await whenItBegan(context.opened.db);
  if (dryRun) await mustNameSameAccount(context.opened, options, context.signal);
  else await unlockLogin(context.opened, { ...options, saidAt }, context.signal);
  const line = dryRun
    ? `would note that support has unlocked the account of ${endpointId}; nothing was changed`
    : `${endpointId}  noted: failures from before you said so count no more; \`rcm status\` says whether a rotation still holds the login`;
  print(context, { endpointId, dryRun, unlocked: !dryRun }, [line]);
  return 0;
}

/** Postgres's time at which this was called: a command that stands still, before its question or after it, says what its person said before. */
async function whenItBegan(db: Database): Promise<Date> {
  const began = performance.now();
  const told = await serverTime(db);
  return new Date(told.getTime() - (performance.now() - began));
}

/** The same for whoever shows it in another way. Fails with `endpoint_unknown`, `state_conflict` where the secret names another account, or did meanwhile. */
export async function unlockLogin(services: Services, clearing: Clearing, signal: AbortSignal): Promise<void> {
  const saidOf = await mustNameSameAccount(services, { ...clearing, dryRun: false }, signal);
  await clearing.mustBeWanted?.();
  await cleared(services.db, { ...clearing, kind: 'unlocked', saidOf });
}

/**
 * A person speaks of the account that is in the secret; their word must not be noted for the one that was there before, nor for another that somebody has put back into it. Returns
 * the login of which they speak: until it is noted, somebody may put in yet another.
 */
async function mustNameSameAccount({ rotator, db }: Services, { endpointId, dryRun, username }: ClearOptions, signal: AbortSignal): Promise<string> {
  const { orgId } = await knownEndpoint(db, endpointId);
  const endpoint = await migratedEndpoint(db, { orgId, endpointId });
  const current = await rotator.stores.forTenant(orgId).read(parseReference(endpoint.secretArn), { signal });
  if (username !== undefined && current === null)
    throw new RcmError('secret_missing', 'No secret lies where the row says, so nobody knows whether it is of the user that you say. Nothing was noted.');
  if (current !== null && username !== undefined && !namesUser(rotator, endpoint, current, username))
    throw new RcmError(
      'state_conflict',
      'The secret names another user than the one that you say was unlocked, so nothing was noted. See which account it is to be.',
    );
  if (current === null || !namesOtherAccount(rotator, { endpoint }, current)) return endpoint.loginIdentity;
  if (!dryRun) await wantCredentialSearch(db, { orgId, endpointId });
  throw new RcmError(
    'state_conflict',
    'The secret names another account than its row, so nothing was noted. A rotator lets the row follow when nobody is at either account; say it again then.',
  );
}

/** As the account's name is made: in any case, where the portal ignores it. */
function namesUser(rotator: Rotator, endpoint: MigratedEndpoint, { text }: StoredSecret, username: string): boolean {
  const payload = parsePayload(text);
  const nameOf = (of: typeof payload) => accountOf(rotator.keys, endpoint, of).names[0]?.id;
  return nameOf(payload) === nameOf(payload.map((fields) => ({ ...fields, username })));
}

/** What each means, for a person. */
export const RETRY_WORDS: Readonly<Record<Mended, string>> = {
  accepted: 'the portal accepts the current password',
  found: 'the portal accepts a kept copy, which is current now',
  merged: 'the secret had been saved from an old copy; the newest password is in it again',
  restored: 'the database was restored to an earlier hour; nobody logs in for one lockout window',
  other_account: 'the secret names another account; the row follows, run it again',
  renamed: 'what counts as one account was defined anew; the row follows, and the rotator goes on by itself',
  account_in_use: 'the secret names another account than the row, and somebody is at one of the two; the rotator goes on by itself',
  none: 'the portal accepts none of the stored passwords',
  later: 'not every stored password could be asked now; the rotator goes on by itself',
  open: 'a rotation of this login is open, which finds out by itself (`rcm status`)',
};
/** Whether something that is stored was accepted. */
export const isRight = (result: Mended): boolean => result === 'accepted' || result === 'found' || result === 'merged';

/**
 * `retry`: a refused password cools down no longer. One login tries it now, if the account's budget allows it; where the portal refuses it again, the copies are
 * searched for what it accepts. Exit code 1 where nothing that is stored was accepted.
 */
export async function retryCommand(context: CommandContext, options: ClearOptions): Promise<number> {
  const { endpointId } = options;
  const saidAt = await whenItBegan(context.opened.db);
  if (options.dryRun) {
    await knownEndpoint(context.opened.db, endpointId);
    print(context, { endpointId, dryRun: true }, [`would try the password of ${endpointId} now; nothing was changed`]);
    return 0;
  }
  const result = await retryLogin(context.opened, { ...options, saidAt }, context.signal);
  print(context, { endpointId, dryRun: false, result }, [`${endpointId}  ${RETRY_WORDS[result]}`]);
  return isRight(result) ? 0 : 1;
}

/** The same for whoever shows it in another way: what was refused after they said it cools down still. Fails as `proveLogin` where the portal says neither yes nor no. */
export async function retryLogin({ rotator, db }: Services, clearing: Clearing, signal: AbortSignal): Promise<Mended> {
  const { endpointId } = clearing;
  const orgId = await cleared(db, { ...clearing, kind: 'retry' });
  const endpoint = await migratedEndpoint(db, { orgId, endpointId });
  return withExclusiveLease(leaseRequest(rotator, endpoint, signal), (held) =>
    mendLogin(rotator, endpoint, held, (current) => isAccepted(rotator, endpoint, held, current)),
  );
}

/** One login, which is the person's in the ledger. Fails as `proveLogin` where the portal says neither yes nor no. */
async function isAccepted(rotator: Rotator, endpoint: MigratedEndpoint, held: HeldLease, { text, version }: StoredSecret): Promise<boolean> {
  const proof = { stored: text, version, actor: 'person', what: 'the current password', otherwise: OTHERWISE } as const;
  try {
    await proveLogin(rotator, endpoint, held, proof);
    return true;
  } catch (error) {
    if (hasCode(error, 'login_rejected')) return false;
    throw error;
  }
}

const OTHERWISE =
  'Nothing was sent. Your word is noted: what was refused before you said it cools down no longer, and a rotator tries it as soon as the budget allows it.';

/** Writes the word down; returns whose login it is. */
async function cleared(db: Database, { endpointId, actor, reason, saidAt, kind, saidOf }: Clearing & Pick<Clearance, 'kind' | 'saidOf'>): Promise<string> {
  const { orgId } = await knownEndpoint(db, endpointId);
  await clearLogin(db, { orgId, endpointId, kind, actor, reason, saidAt, saidOf });
  return orgId;
}

/** Fails with `endpoint_unknown`. */
export async function knownEndpoint(db: Database, endpointId: string): Promise<EndpointRow> {
  const found = await findEndpoint(db, { endpointId });
  if (!found) throw new RcmError('endpoint_unknown', `There is no endpoint ${endpointId}. Nothing was changed.`);
  return found;
}
