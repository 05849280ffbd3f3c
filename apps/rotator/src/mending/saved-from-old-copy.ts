import { type CredentialPayload, formatReference, parsePayload, rotationOf, serializePayload, type StoredSecret } from '@rcm/credentials';
import { recordAuditEvent } from '@rcm/db';
import { passwordTries } from '@rcm/db/ledger';
import { followStoreVersion, type OutrunCopy, outrunCopy } from '@rcm/db/rotation';
import { accountOf } from '@rcm/portal-access';
import type { Secret } from '@rcm/telemetry';
import { heldOptions, type LoginInHand } from '../finding/login-in-hand.ts';
import type { Rotator } from '../rotator.ts';
import { mergeEdit } from './merge-edit.ts';

/**
 * Somebody opened the secret before a rotation and saved it after, or a writer that had been stopped for long has overwritten what it had not read: what lies
 * in the store carries the id of a rotation that a later one has outrun. The later password goes into it, and everything that a person
 * changed stays. No login is needed: that password was verified. Returns whether it was so.
 */
export async function mergeOldCopy(rotator: Pick<Rotator, 'db' | 'logger' | 'owner' | 'keys'>, login: LoginInHand, current: StoredSecret): Promise<boolean> {
  const { endpoint, store, reference, held } = login;
  const { orgId, id: endpointId, loginIdentity } = endpoint;
  const { attemptId } = rotationOf(current.text);
  const outrun = attemptId === null ? null : await outrunCopy(rotator.db, { orgId, loginIdentity, attemptId });
  if (outrun === null) return false;
  const newest = await newestOf(login, outrun, current);
  if (newest === null) return false;
  const opened = outrun.openedVersion === null ? null : await store.readVersion(reference, outrun.openedVersion, { signal: held.signal });
  // Versions of a parameter that was made anew begin from 1 again: the number may mean another text by now, or the very one that was saved.
  const isOpened = opened !== null && opened.version !== current.version && rotationOf(opened.text).attemptId === attemptId;
  const base = isOpened ? opened : null;
  const theirs = parsePayload(current.text);
  const wasAccepted = await wasEverAccepted(rotator, login, theirs);
  const merged = mergeEdit({ base: base && parsePayload(base.text), theirs, newest: parsePayload(newest.text), wasAccepted });
  await recordAuditEvent(rotator.db, {
    orgId,
    actor: rotator.owner,
    action: 'secret.merge',
    subject: endpointId,
    reason: 'the secret was saved from a copy that is older than the last rotation',
    details: { saved: current.version, newest: newest.version },
  });
  const { version } = await store.replace(reference, serializePayload(merged), current.version, heldOptions(login));
  await followStoreVersion(rotator.db, { endpointId, orgId, secretArn: formatReference(reference), from: held.lease.currentVersion, to: version });
  rotator.logger.warn({ endpointId, version }, 'a secret that was saved from an old copy has the newest password again');
  return true;
}

async function wasEverAccepted({ db, keys }: Pick<Rotator, 'db' | 'keys'>, { endpoint }: LoginInHand, theirs: Secret<CredentialPayload>): Promise<boolean> {
  const { orgId, loginIdentity } = endpoint;
  const { fingerprints } = accountOf(keys, endpoint, theirs);
  return (await passwordTries(db, { orgId, loginIdentity, fingerprints, since: new Date(0) })).provedAt !== null;
}

/** Versions of a store that numbers them, between what was last known and what is current, that are looked at most. */
const MOST_BETWEEN = 20;

/** The newest text that goes on from the last rotation: what somebody made of it, where the store says, else what was promoted. */
async function newestOf(login: LoginInHand, { newest }: OutrunCopy, current: StoredSecret): Promise<StoredSecret | null> {
  const { store, reference, held } = login;
  for (const version of [...between(current.version), held.lease.currentVersion, newest.version]) {
    if (version === null || version === current.version) continue;
    const stored = await store.readVersion(reference, version, { signal: held.signal });
    if (stored !== null && rotationOf(stored.text).attemptId === newest.attemptId) return stored;
  }
  return null;
}

function between(current: string): readonly string[] {
  const last = Number(current);
  if (!Number.isInteger(last)) return [];
  return Array.from({ length: Math.min(MOST_BETWEEN, last - 1) }, (_, back) => String(last - 1 - back));
}
