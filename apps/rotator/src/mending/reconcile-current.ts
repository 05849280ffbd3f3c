import { formatReference, rotationOf, type StoredSecret } from '@rcm/credentials';
import { coolDownLogin } from '@rcm/db/ledger';
import { type AccountFollowed, BEHIND_MS, followStoreVersion, wasReplaced } from '@rcm/db/rotation';
import { afterRestoreMs } from '@rcm/portal-access';
import { RcmError } from '@rcm/telemetry';
import type { LoginInHand } from '../finding/login-in-hand.ts';
import { madeByForgottenRotation } from '../machine/restored.ts';
import type { Rotator } from '../rotator.ts';
import { followOtherAccount } from './other-account.ts';
import { mergeOldCopy } from './saved-from-old-copy.ts';

/**
 * `other_account`: the secret names another account than the row, which follows. `renamed`: the account has another name now, and the row follows.
 * `account_in_use`: somebody is at one of the two, and the row follows later. `merged`: it had been saved from an old copy. `restored`: the database was
 * restored to an earlier hour, and nobody logs in for one lockout window.
 */
export type Reconciled = 'other_account' | 'renamed' | 'account_in_use' | 'merged' | 'restored';

const FOLLOWED: Readonly<Record<AccountFollowed, Reconciled>> = {
  followed: 'other_account',
  renamed: 'renamed',
  parted: 'renamed',
  moved: 'account_in_use',
  in_use: 'account_in_use',
  rotation_open: 'account_in_use',
  other_key: 'account_in_use',
};

/**
 * Before anything is planned on a secret or asked with it: whose it is, and whether it is what the row says. `null`: it is, now; the row follows a person's edit.
 * Fails with `store_unavailable` where the store has not heard of the last rotation or edit yet.
 */
export async function reconcileCurrent(rotator: Rotator, login: LoginInHand, current: StoredSecret): Promise<Reconciled | null> {
  const { endpoint, held, reference } = login;
  await refuseOldAnswer(rotator, login, current);
  const answer = await followOtherAccount(rotator, login, current);
  if (answer) return FOLLOWED[answer];
  if (await mergeOldCopy(rotator, login, current)) return 'merged';
  if (current.version === held.lease.currentVersion) return null;
  const isForgotten = await madeByForgottenRotation(rotator.db, endpoint.orgId, current);
  if (isForgotten) await coolDownAfterRestore(rotator, login, current.version);
  const { id: endpointId, orgId } = endpoint;
  const versions = { from: held.lease.currentVersion, to: current.version };
  await followStoreVersion(rotator.db, { endpointId, orgId, secretArn: formatReference(reference), ...versions });
  return isForgotten ? 'restored' : null;
}

/** Built on what it replaced, the row would go back and the old password would be typed. What a person has gone back to is still there when that time is over. */
async function refuseOldAnswer({ db }: Rotator, { endpoint, held }: LoginInHand, { version: read, text }: StoredSecret): Promise<void> {
  const { orgId, id: endpointId, loginIdentity } = endpoint;
  const { currentVersion: current } = held.lease;
  if (read === current) return;
  const versions = { current, read, madeBy: rotationOf(text).attemptId };
  if ((await wasReplaced(db, { orgId, endpointId, loginIdentity, ...versions, withinMs: BEHIND_MS })) === null) return;
  throw new RcmError('store_unavailable', 'The store still answers a version that was replaced a moment ago. Nothing was changed.', {
    details: { endpointId },
  });
}

/** The ledger lets nobody log in for one lockout window: what was tried before the database was restored is not known. */
export function coolDownAfterRestore(rotator: Pick<Rotator, 'db' | 'logger'>, { endpoint, held }: LoginInHand, version: string): Promise<void> {
  rotator.logger.error(
    { endpointId: endpoint.id },
    'the database was restored to an earlier hour: the store is ahead of it; nobody logs in for one lockout window',
  );
  const { orgId, id: endpointId, portalType } = endpoint;
  return coolDownLogin(rotator.db, { orgId, endpointId, leaseId: held.lease.id, version, actor: 'rotator', forMs: afterRestoreMs(portalType) });
}
