import { recordAuditEvent, serverTime } from '@rcm/db';
import { type HeldLease, withExclusiveLease } from '@rcm/db/holding';
import { adoptAttempt, beginLook, JOURNAL_VERSION, listBlockedToLookAt, resolveAsFound, resolveAsUnchanged, type RotationAttempt } from '@rcm/db/rotation';
import { type MigratedEndpoint, migratedEndpoint } from '@rcm/portal-access';
import { hasCode } from '@rcm/telemetry';
import { accountLeft } from '../acts/account-left.ts';
import { leaseRequest } from '../lease-request.ts';
import { foundOf } from '../finding/candidate.ts';
import { findAccepted } from '../finding/find-accepted.ts';
import { type LoginInHand, loginInHand } from '../finding/login-in-hand.ts';
import { refusesEverybody } from '../finding/refuses-everybody.ts';
import type { Rotator } from '../rotator.ts';

/**
 * Each password that the portal refused is asked again after so long: it may have been ill, or have made its change since. Counted for each by itself, or the rest of them would wait for a day
 * whenever the first was refused again (seed 1755 of the simulation).
 */
const REFUSED_AGAIN_MS = 86_400_000;

/**
 * One round over the blocked rotations whose time has come. A person is told of each and may decide at any moment; meanwhile a portal may be well again, may have
 * made its change late, or somebody may have put the right password into the secret. What of the stored passwords it accepts then ends the block. Each
 * login is inside the ledger's budget and cools down, as any. One that cannot be looked at now is met again in an hour.
 */
export async function lookAtBlocked(
  rotator: Rotator,
  { limit, signal, intake = signal }: { readonly limit: number; readonly signal: AbortSignal; readonly intake?: AbortSignal },
): Promise<void> {
  for (const { id, orgId, endpointId } of await listBlockedToLookAt(rotator.db, { limit })) {
    if (intake.aborted) return;
    try {
      const endpoint = await migratedEndpoint(rotator.db, { orgId, endpointId });
      await withExclusiveLease(leaseRequest(rotator, endpoint, signal), (held) => look(rotator, endpoint, held, id));
    } catch (error) {
      const isUsual = hasCode(error, 'lease_unavailable', 'lease_lost', 'cancelled');
      rotator.logger[isUsual ? 'info' : 'warn']({ err: error, endpointId, attemptId: id }, 'a blocked rotation could not be looked at; it is tried again');
    }
  }
}

async function look(rotator: Rotator, endpoint: MigratedEndpoint, held: HeldLease, attemptId: string): Promise<void> {
  const { db, owner, timing, logger } = rotator;
  const mine = { attemptId, orgId: endpoint.orgId, fence: held.lease.fence };
  const attempt = await adoptAttempt(db, { ...mine, owner });
  if (attempt?.state !== 'blocked' || attempt.journalVersion !== JOURNAL_VERSION) return;
  if (!(await beginLook(db, mine))) return;
  const login = loginInHand(rotator, endpoint, held, attempt.secretArn);
  const seen = await seenNow(rotator, login, attempt);
  if (seen === null) return;
  await recordAuditEvent(db, {
    orgId: endpoint.orgId,
    actor: owner,
    action: 'rotation.unblocked',
    subject: endpoint.id,
    reason: seen.detail,
    details: { attemptId, ...(seen.accepts === null ? {} : { found: seen.accepts }) },
  });
  const ended = { ...mine, detail: seen.detail };
  const moved =
    seen.accepts === null || seen.accepts === CURRENT
      ? await resolveAsUnchanged(db, { ...ended, dueAgainMs: timing.abandonedPauseMs, tells: 'people' })
      : await resolveAsFound(db, { ...ended, found: seen.accepts });
  if (moved) logger.info({ attemptId, endpointId: endpoint.id, detail: seen.detail }, 'a blocked rotation goes on by itself');
}

const CURRENT = 'current';

interface Seen {
  readonly detail: string;
  /** The stored password that the portal accepts, as the journal names it, or `current`; `null`: it was not asked. */
  readonly accepts: string | null;
}

/** `null`: nothing that ends the block. */
async function seenNow(rotator: Rotator, login: LoginInHand, attempt: RotationAttempt): Promise<Seen | null> {
  const { store, reference, held } = login;
  const current = await store.read(reference, { signal: held.signal });
  if (current === null) return null;
  const left = await accountLeft({ services: rotator, login, attempt }, current);
  if (left) return { detail: left.detail, accepts: null };
  if (await refusesEverybody(rotator, login)) return null;
  const since = new Date((await serverTime(rotator.db)).getTime() - REFUSED_AGAIN_MS);
  const found = await findAccepted({ services: rotator, login, attemptId: attempt.id, since, asksTwice: 'nothing' });
  if (found.kind !== 'found') return null;
  const { name } = found.candidate;
  return name.kind === 'current'
    ? { detail: 'the portal accepts the current password now', accepts: CURRENT }
    : { detail: 'the portal accepts another stored password now', accepts: foundOf(name, attempt.id) };
}
