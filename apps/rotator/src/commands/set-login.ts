import { randomUUID } from 'node:crypto';
import { brokenRules, type CredentialPayload, formatReference, parsePasswordRules, parsePayload, serializePayload } from '@rcm/credentials';
import { recordAuditEvent } from '@rcm/db';
import { remainingBudget, typedVersion } from '@rcm/db/ledger';
import { followStoreVersion, wantCredentialSearch } from '@rcm/db/rotation';
import { type MigratedEndpoint, migratedEndpoint } from '@rcm/portal-access';
import { RcmError, type Secret } from '@rcm/telemetry';
import { heldOptions, type LoginInHand, readCurrent } from '../finding/login-in-hand.ts';
import { mustHaveNoRotation, withLoginOutsideRotation } from '../finding/outside-rotation.ts';
import { reconcileCurrent } from '../mending/reconcile-current.ts';
import { proveLogin } from '../prove-login.ts';
import type { Rotator } from '../rotator.ts';
import { type CommandContext, type PersonalAct, print } from './command.ts';
import { readTypedLogin, type TypedLogin } from './typed-login.ts';
import { endpointOf, left } from './verify-login.ts';

export interface SetOptions extends PersonalAct {
  readonly endpointId: string;
  /** `both`: the seed of one-time codes is asked for, too. */
  readonly asks: 'password' | 'both';
  /** `unproved`: the person answers for it, and the next login finds out. */
  readonly proof: 'login' | 'unproved';
  readonly dryRun: boolean;
}

/** What a person knows of a login, for whoever has it from them: a command, or a rotator that the console asks. */
export interface Setting extends PersonalAct {
  /** As it was before anybody was asked to type. */
  readonly endpoint: MigratedEndpoint;
  readonly typed: TypedLogin;
  readonly proof: SetOptions['proof'];
  /** Asked once nobody else has the login, before anything is done. Fails where it is not to be done any more. Default: nothing is asked. */
  readonly mustBeWanted?: () => Promise<void>;
}

/** What became of it. */
export interface WasSet {
  readonly version: string;
  /** Of failed logins, afterwards. */
  readonly budget: Awaited<ReturnType<typeof remainingBudget>>;
}

/** `set`: `setLogin` with what a person types at a terminal. Fails as `readyToSet` and `setLogin`. */
export async function setLoginCommand(context: CommandContext, options: SetOptions): Promise<number> {
  const { rotator, db } = context.opened;
  const { asks, proof, actor, reason } = options;
  const endpoint = await readyToSet(rotator, options.endpointId);
  const endpointId = endpoint.id;
  if (options.dryRun) {
    const before = await remainingBudget(db, endpoint);
    const spends = proof === 'login' ? `after one login that proves it; ${left(before)}` : 'without a proof';
    print(context, { endpointId, dryRun: true, failuresLeft: before.failuresLeft }, [`would store a new version of ${endpointId} ${spends}; nothing was done`]);
    return 0;
  }
  const typed = await readTypedLogin(endpointId, asks, context.signal);
  const { version, budget } = await setLogin(rotator, { endpoint, typed, proof, actor, reason }, context.signal);
  const json = { endpointId, dryRun: false, secretVersion: version, proved: proof === 'login', failuresLeft: budget.failuresLeft };
  print(context, json, [
    `${endpointId}  stored as version ${version}${proof === 'login' ? ', which the portal accepts' : '; the next login shows whether it is right'}; ${left(budget)}`,
  ]);
  return 0;
}

/** Before anybody is asked to type: its secret is in the store, and no rotation has it in hand. Fails with `endpoint_unknown`, `state_conflict`. */
export async function readyToSet(rotator: Rotator, endpointId: string): Promise<MigratedEndpoint> {
  const endpoint = await endpointOf(rotator, endpointId);
  await mustHaveNoRotation(rotator, endpoint);
  return endpoint;
}

/**
 * What a person knows of a login becomes what the store holds. One login inside the ledger's budget proves it first, so that a slip of the finger changes
 * nothing; then it is the secret's next version, and the one before stays in the store's history. Nothing is sent to the portal but that login. Fails as `verify`;
 * with `store_conflict` where somebody else changed the secret meanwhile, and without a proof with `state_conflict` where that was done while somebody typed. Then what was typed is not stored.
 */
export async function setLogin(rotator: Rotator, setting: Setting, signal: AbortSignal): Promise<WasSet> {
  const { db } = rotator;
  const { proof, mustBeWanted } = setting;
  // As long as somebody types, its row may have come to name another secret.
  const endpoint = await migratedEndpoint(db, { orgId: setting.endpoint.orgId, endpointId: setting.endpoint.id });
  const version = await withLoginOutsideRotation(rotator, endpoint, signal, async (login) => {
    await mustBeWanted?.();
    if (proof === 'unproved') mustBeAsItWas(setting.endpoint, login);
    const stored = await storeTyped(rotator, login, { ...setting, endpoint });
    // Agents that wait for a right password, and the search of one, learn of it at once.
    if (proof === 'unproved') await wantCredentialSearch(db, { orgId: endpoint.orgId, endpointId: endpoint.id });
    return stored;
  });
  return { version, budget: await remainingBudget(db, endpoint) };
}

async function storeTyped(rotator: Rotator, login: LoginInHand, { endpoint, typed, proof, actor, reason }: Setting): Promise<string> {
  const { orgId, id: endpointId } = endpoint;
  const current = await readCurrent(login);
  const reconciled = await reconcileCurrent(rotator, login, current);
  if (reconciled)
    throw new RcmError(
      'state_conflict',
      `The secret was changed by hand, which is reconciled first (${reconciled}). What was typed is not stored; say it again.`,
    );
  const payload = withTyped(parsePayload(current.text), typed);
  warnOfRules(rotator, endpoint, payload);
  const text = serializePayload(payload);
  if (proof === 'login')
    await proveLogin(rotator, endpoint, login.held, {
      stored: text,
      version: typedVersion(randomUUID()),
      actor: 'person',
      what: 'the typed password',
      otherwise: OTHERWISE,
    });
  await recordAuditEvent(rotator.db, {
    orgId,
    actor,
    action: 'secret.set',
    subject: endpointId,
    reason,
    details: { baseVersion: current.version, fields: typed.seed ? ['password', 'mfa_seed'] : ['password'], proof },
  });
  const { version } = await login.store.replace(login.reference, text, current.version, heldOptions(login));
  await followStoreVersion(rotator.db, { endpointId, orgId, secretArn: formatReference(login.reference), from: current.version, to: version });
  return version;
}

/** Whose word is all there is, speaks of the login as it was before they typed: what was made current since, they do not know. */
function mustBeAsItWas({ id, currentVersion }: MigratedEndpoint, { held }: LoginInHand): void {
  if (held.lease.currentVersion === currentVersion) return;
  throw new RcmError(
    'state_conflict',
    `Another password of ${id} was made current while this was typed. What was typed is not stored; say it again if it still holds.`,
  );
}

const OTHERWISE = 'Nothing was changed. Wait, or answer for it yourself with --unproved.';

/** Everything else stays as it is in the store. */
const withTyped = (payload: Secret<CredentialPayload>, { password, seed }: TypedLogin): Secret<CredentialPayload> =>
  payload.map((value) => ({ ...value, password: password.reveal(), ...(seed ? { mfa_seed: seed.reveal() } : {}) }));

/** The portal decides, not our copy of its rules; but a slip of the finger shows here first. */
function warnOfRules({ logger }: Rotator, { id, portalType }: MigratedEndpoint, payload: Secret<CredentialPayload>): void {
  const { username, password } = payload.reveal();
  const broken = brokenRules(parsePasswordRules(portalType.passwordRules), password, username);
  if (broken.length > 0) logger.warn({ endpointId: id, broken }, 'the typed password breaks the rules of its portal type');
}
