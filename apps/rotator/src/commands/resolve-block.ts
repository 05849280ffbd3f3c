import { randomUUID } from 'node:crypto';
import {
  brokenRules,
  parsePasswordRules,
  parsePayload,
  parseReference,
  serializePayload,
  type StagedSlot,
  type StoredSecret,
  withPassword,
} from '@rcm/credentials';
import { recordAuditEvent } from '@rcm/db';
import { type HeldLease, withExclusiveLease } from '@rcm/db/holding';
import {
  adoptAttempt,
  announceSuccessor,
  getOpenAttempt,
  type Resolution,
  resolveAsFound,
  resolveAsUnchanged,
  resolveBySuccessor,
  type RotationAttempt,
} from '@rcm/db/rotation';
import { type MigratedEndpoint, migratedEndpoint } from '@rcm/portal-access';
import { RcmError, type Secret } from '@rcm/telemetry';
import { foundOf, stagedVersion } from '../finding/candidate.ts';
import { findAccepted } from '../finding/find-accepted.ts';
import { namesOtherAccount } from '../finding/other-account-named.ts';
import { heldOptions, loginInHand } from '../finding/login-in-hand.ts';
import type { Rotator } from '../rotator.ts';
import { measuredRotation } from '../schedule/measured-rotation.ts';
import type { RotationOutcome } from '../schedule/rotation-outcome.ts';
import type { RotatorProcess } from '../services.ts';
import { leaseRequest } from '../lease-request.ts';
import { type LoginProof, proveLogin } from '../prove-login.ts';
import { knownEndpoint } from './clear-login.ts';
import type { ResolveOptions } from './resolve-options.ts';
import { readCurrent } from './seen-secret.ts';

/** One blocked attempt in the hands of the person who resolves it. */
export interface Block {
  readonly rotator: Rotator;
  readonly endpoint: MigratedEndpoint;
  readonly attempt: RotationAttempt;
  readonly options: Omit<ResolveOptions, 'dryRun'>;
}

/** Fails with `endpoint_unknown`, `state_conflict` where nothing is blocked. */
export async function blockOf({ rotator, db }: Pick<RotatorProcess, 'rotator' | 'db'>, options: Omit<ResolveOptions, 'dryRun'>): Promise<Block> {
  const { orgId, id: endpointId } = await knownEndpoint(db, options.endpointId);
  const endpoint = await migratedEndpoint(db, { orgId, endpointId });
  const attempt = await getOpenAttempt(db, { orgId, loginIdentity: endpoint.loginIdentity });
  if (attempt?.state === 'blocked') return { rotator, endpoint, attempt, options };
  throw new RcmError(
    'state_conflict',
    `The login of endpoint ${endpoint.id} is not blocked (${attempt ? `its rotation is ${attempt.state}` : 'no rotation is open'}). Nothing was changed.`,
  );
}

/** Does what the person decided; returns how the rotation goes on, where it does. */
export async function resolveBlock(block: Block, typed: Secret<string> | null, signal: AbortSignal): Promise<RotationOutcome | 'resolved'> {
  const { rotator, endpoint, attempt, options } = block;
  await recordAuditEvent(rotator.db, {
    orgId: endpoint.orgId,
    actor: options.actor,
    action: 'rotation.resolve',
    subject: endpoint.id,
    reason: options.reason,
    details: { attemptId: attempt.id, accept: options.accept, proof: options.proof },
  });
  const goesOn = await withExclusiveLease(leaseRequest(rotator, endpoint, signal), async (held) => {
    // First of all: two people may have been told to decide, and no login is spent on what is decided already.
    const { since, ...resolution } = await adopt(block, held);
    if (options.accept === 'found') return acceptFound(block, held, { ...resolution, since });
    if (options.accept === 'current') return acceptCurrent(block, held, resolution, options.proof);
    const password = typed ?? (await stagedPassword(block, held));
    return acceptOther(block, held, resolution, { password, version: options.accept === 'staged' ? stagedVersion(attempt.id) : null, proof: options.proof });
  });
  if (!goesOn) return 'resolved';
  return measuredRotation(rotator.metrics)(rotator, { orgId: endpoint.orgId, endpointId: endpoint.id, reason: 'recovery', signal });
}

async function acceptCurrent(block: Block, held: HeldLease, resolution: Resolution, proof: ResolveOptions['proof']): Promise<boolean> {
  const { rotator } = block;
  const current = await readCurrent(block, held);
  if (proof === 'login')
    await provePerson(block, held, { stored: current.text, version: current.version, attemptId: block.attempt.id, what: 'the current password' });
  if (!(await resolveAsUnchanged(rotator.db, { ...resolution, dueAgainMs: rotator.timing.abandonedPauseMs }))) throw taken();
  return false;
}

/** Searches all that is stored, from now: what was refused before is asked once more when it has cooled down, inside the budget. */
async function acceptFound(block: Block, held: HeldLease, { since, ...resolution }: Adopted): Promise<boolean> {
  const { rotator, endpoint, attempt } = block;
  const login = loginInHand(rotator, endpoint, held, attempt.secretArn);
  const found = await findAccepted({ services: rotator, login, attemptId: attempt.id, since, asksTwice: 'nothing' });
  if (found.kind === 'later')
    throw new RcmError('login_not_allowed', `Not every stored password could be asked now (${found.hold.detail}). Nothing was changed; ask again later.`);
  if (found.kind === 'none')
    throw new RcmError(
      'login_rejected',
      'The portal accepts none of the stored passwords. Nothing was changed. Set a new password at the portal, and give it with --accept typed.',
    );
  if (found.candidate.name.kind === 'current') return acceptCurrent(block, held, resolution, 'unverified');
  mustBeOfAccount(block, await readCurrent(block, held));
  if (!(await resolveAsFound(rotator.db, { ...resolution, found: foundOf(found.candidate.name, attempt.id) }))) throw taken();
  return true;
}

interface Accepted {
  readonly password: Secret<string>;
  /** What the ledger knows it as; `null`: as the copy that is made of it. */
  readonly version: string | null;
  /** `unverified`: the person answers for it. */
  readonly proof: ResolveOptions['proof'];
}

/** Written ahead: what the person typed exists in their head only, until it is staged; and the journal knows the copy before it is there. */
async function acceptOther(block: Block, held: HeldLease, resolution: Resolution, accepted: Accepted): Promise<boolean> {
  const { rotator, endpoint, attempt, options } = block;
  const current = await readCurrent(block, held);
  mustBeOfAccount(block, current);
  const successorId = randomUUID();
  const payload = payloadWith(block, current, accepted.password, successorId);
  const successor = { attemptId: successorId, baseVersion: current.version };
  if (!(await announceSuccessor(rotator.db, { ...resolution, successor }))) throw taken();
  const login = loginInHand(rotator, endpoint, held, attempt.secretArn);
  await login.store.stage(login.slotOf(successorId), payload, heldOptions(login));
  if (accepted.proof === 'login') {
    const version = accepted.version ?? stagedVersion(successorId);
    const proof = { stored: payload, version, attemptId: attempt.id, what: `the ${options.accept} password` };
    await provePerson(block, held, proof).catch(async (error: unknown) => {
      // Not proved: nothing may look as if a rotation had begun. Whoever knows the password still does.
      await login.store.discard(login.slotOf(successorId), heldOptions(login));
      throw error;
    });
  }
  if (!(await resolveBySuccessor(rotator.db, { ...resolution, successorId }))) throw taken();
  return true;
}

/** A password of the account that is blocked is none of another one's, which a person has put into the secret meanwhile. */
function mustBeOfAccount({ rotator, endpoint }: Block, current: StoredSecret): void {
  if (namesOtherAccount(rotator, { endpoint }, current))
    throw new RcmError(
      'state_conflict',
      'The secret names another account than the one that is blocked. Nothing was changed. `--accept current --unverified --seen VERSION` ends this rotation, and the row follows the secret.',
    );
}

async function stagedPassword(block: Block, held: HeldLease): Promise<Secret<string>> {
  const { rotator, endpoint, attempt } = block;
  const staged = await rotator.stores.forTenant(endpoint.orgId).readStaged(slotOf(block, attempt.id), { signal: held.signal });
  if (staged === null)
    throw new RcmError(
      'secret_missing',
      `The staged copy of attempt ${attempt.id} is not in the store. Nothing was changed; if somebody knows the password, use --accept typed.`,
    );
  return parsePayload(staged.text).map(({ password }) => password);
}

function slotOf({ rotator, endpoint, attempt }: Block, attemptId: string): StagedSlot {
  return {
    current: parseReference(attempt.secretArn),
    attemptId,
    tags: { TenantId: endpoint.orgId, Environment: rotator.environment, PortalType: endpoint.portalTypeCode },
  };
}

function payloadWith({ rotator, endpoint }: Block, current: StoredSecret, password: Secret<string>, attemptId: string): Secret<string> {
  const payload = parsePayload(current.text);
  const { username, before, counter } = payload.map((p) => ({ username: p.username, before: p.password, counter: p.metadata?.rotation_counter ?? 0 })).reveal();
  const broken = brokenRules(
    parsePasswordRules(endpoint.portalType.passwordRules),
    password.reveal(),
    username,
    password.reveal() === before ? undefined : before,
  );
  // The portal decides, not our copy of its rules; but a slip of the finger shows here first.
  if (broken.length > 0) rotator.logger.warn({ endpointId: endpoint.id, broken }, 'the accepted password breaks the rules of its portal type');
  return serializePayload(withPassword(payload, { password, attemptId, counter: counter + 1, now: rotator.clock.now() }));
}

/** A login that a person asked for is theirs in the ledger. */
const provePerson = ({ rotator, endpoint }: Block, held: HeldLease, proof: Omit<LoginProof, 'actor'>): Promise<void> =>
  proveLogin(rotator, endpoint, held, { ...proof, actor: 'person', otherwise: OTHERWISE });

const OTHERWISE =
  'Nothing was changed. Wait, or answer for it yourself with --unverified; a password that was set anew at the portal is given with --accept typed.';

interface Adopted extends Resolution {
  /** When this person took it up, by Postgres's clock. */
  readonly since: Date;
}

async function adopt({ rotator, endpoint, attempt, options }: Block, held: HeldLease): Promise<Adopted> {
  const adopted = await adoptAttempt(rotator.db, { attemptId: attempt.id, orgId: endpoint.orgId, fence: held.lease.fence, owner: rotator.owner });
  if (adopted?.state !== 'blocked') throw taken();
  return {
    attemptId: attempt.id,
    orgId: endpoint.orgId,
    fence: held.lease.fence,
    since: adopted.updatedAt,
    detail: `resolved by ${options.actor}: ${options.accept} (${options.proof})`,
  };
}

const taken = (): RcmError => new RcmError('state_conflict', 'Somebody else has resolved this attempt meanwhile; look at `rcm status`.');
