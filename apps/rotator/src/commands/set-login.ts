import { randomUUID } from 'node:crypto';
import { brokenRules, type CredentialPayload, parsePasswordRules, parsePayload, serializePayload } from '@rcm/credentials';
import { followStoreVersion, recordAuditEvent, remainingBudget, wantCredentialSearch } from '@rcm/db';
import { type HeldLease, type MigratedEndpoint } from '@rcm/portal-access';
import { RcmError, type Secret } from '@rcm/telemetry';
import { withExclusiveLease } from '../exclusive.ts';
import { stagedVersion } from '../finding/candidate.ts';
import { heldOptions, loginInHand, readCurrent } from '../finding/login-in-hand.ts';
import { settleCurrent } from '../mending/settle-current.ts';
import { proveLogin } from '../prove-login.ts';
import type { Rotator } from '../rotate.ts';
import { type CommandContext, type PersonalAct, print } from './command.ts';
import { readTypedLogin, type TypedLogin } from './typed-login.ts';
import { endpointOf, left, mustHaveNoRotation } from './verify-login.ts';

export interface SetOptions extends PersonalAct {
  readonly endpointId: string;
  /** `both`: the seed of one-time codes is asked for, too. */
  readonly asks: 'password' | 'both';
  /** `unproved`: the person answers for it, and the next login finds out. */
  readonly proof: 'login' | 'unproved';
  readonly dryRun: boolean;
}

/**
 * `set`: what a person knows of a login becomes what the store holds. One login inside the ledger's budget proves it first, so that a slip of the finger changes
 * nothing; then it is the secret's next version, and the one before stays in the store's history. Nothing is sent to the portal but that login. Fails as `verify`;
 * with `store_conflict` where somebody else changed the secret meanwhile. Then what was typed is not stored.
 */
export async function setLoginCommand(context: CommandContext, options: SetOptions): Promise<number> {
  const { rotator, db } = context.opened;
  const endpoint = await endpointOf(rotator, options.endpointId);
  const { orgId, id: endpointId } = endpoint;
  await mustHaveNoRotation(rotator, endpoint);
  const before = await remainingBudget(db, endpoint);
  if (options.dryRun) {
    const spends = options.proof === 'login' ? `after one login that proves it; ${left(before)}` : 'without a proof';
    print(context, { endpointId, dryRun: true, failuresLeft: before.failuresLeft }, [`would store a new version of ${endpointId} ${spends}; nothing was done`]);
    return 0;
  }
  const typed = await readTypedLogin(endpointId, options.asks, context.signal);
  const version = await withExclusiveLease(rotator, endpoint, context.signal, (held) => store(rotator, { endpoint, held, typed, options }));
  const after = await remainingBudget(db, endpoint);
  const json = { endpointId, dryRun: false, secretVersion: version, proved: options.proof === 'login', failuresLeft: after.failuresLeft };
  print(context, json, [
    `${endpointId}  stored as version ${version}${options.proof === 'login' ? ', which the portal accepts' : '; the next login shows whether it is right'}; ${left(after)}`,
  ]);
  return 0;

  async function store(services: Rotator, work: Work): Promise<string> {
    await mustHaveNoRotation(services, endpoint);
    const stored = await storeTyped(services, work);
    // Agents that wait for a right password, and the search of one, learn of it at once.
    if (options.proof === 'unproved') await wantCredentialSearch(db, { orgId, endpointId });
    return stored;
  }
}

interface Work {
  readonly endpoint: MigratedEndpoint;
  readonly held: HeldLease;
  readonly typed: TypedLogin;
  readonly options: SetOptions;
}

async function storeTyped(rotator: Rotator, { endpoint, held, typed, options }: Work): Promise<string> {
  const { orgId, id: endpointId } = endpoint;
  const login = loginInHand(rotator, endpoint, held);
  const current = await readCurrent(login);
  const settled = await settleCurrent(rotator, login, current);
  if (settled)
    throw new RcmError('state_conflict', `The secret was changed by hand, which is settled first (${settled}). What was typed is not stored; say it again.`);
  const payload = withTyped(parsePayload(current.text), typed);
  warnOfRules(rotator, endpoint, payload);
  const text = serializePayload(payload);
  if (options.proof === 'login')
    await proveLogin(rotator, endpoint, held, {
      stored: text,
      version: stagedVersion(randomUUID()),
      actor: 'person',
      what: 'the typed password',
      otherwise: OTHERWISE,
    });
  await recordAuditEvent(rotator.db, {
    orgId,
    actor: options.actor,
    action: 'secret.set',
    subject: endpointId,
    reason: options.reason,
    details: { baseVersion: current.version, fields: typed.seed ? ['password', 'mfa_seed'] : ['password'], proof: options.proof },
  });
  const { version } = await login.store.replace(login.reference, text, current.version, heldOptions(login));
  await followStoreVersion(rotator.db, { endpointId, orgId, from: current.version, to: version });
  return version;
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
