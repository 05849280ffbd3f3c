import { backupCodes, parsePayload } from '@rcm/credentials';
import { type LoginMoved, type LoginToMove, moveLogin, movePrints } from '@rcm/db/admin';
import { withExclusiveLease } from '@rcm/db/holding';
import { wantCredentialSearch } from '@rcm/db/rotation';
import { accountOf, goesBy, migratedEndpoint } from '@rcm/portal-access';
import { leaseRequest } from '../lease-request.ts';
import { loginInHand, readCurrent } from '../finding/login-in-hand.ts';
import { storedPayloads } from '../finding/stored-prints.ts';
import type { Rotator } from '../rotator.ts';

/** `prints`: the name was current already, and what the ledger knows of passwords followed. `other_account`: the secret names another account than the row; the rotator lets the row follow first. */
export type KeyMoved = LoginMoved | 'prints' | 'other_account';

/**
 * Moves one login over to the current keys, under its exclusive lease: nobody is at it who knows it by the former name. First what the ledger knows of the
 * passwords and backup codes that are stored in any of the account’s secrets, then the account's name; killed between the two, the next run goes on with the name. Fails as `holdLease` and stores do.
 */
export async function moveLoginKeys(rotator: Rotator, { orgId, endpointId }: LoginToMove, signal: AbortSignal): Promise<KeyMoved> {
  const { db, keys } = rotator;
  const endpoint = await migratedEndpoint(db, { orgId, endpointId });
  return withExclusiveLease(leaseRequest(rotator, endpoint, signal), async (held) => {
    const login = loginInHand(rotator, endpoint, held);
    const current = await readCurrent(login);
    const account = accountOf(keys, endpoint, parsePayload(current.text));
    const [name] = account.names;
    if (!name || !goesBy(account, endpoint.loginIdentity)) {
      await wantCredentialSearch(db, { orgId, endpointId });
      return 'other_account';
    }
    const stored = (await storedPayloads(rotator, login)).flatMap((one) => [
      accountOf(keys, endpoint, one).fingerprints,
      ...backupCodes(keys, one).map(({ fingerprints }) => fingerprints),
    ]);
    // Whoever had the login since may have been refused with a password that was not stored when this one read.
    held.assertHeld();
    await movePrints(db, {
      orgId,
      loginIdentity: endpoint.loginIdentity,
      stored,
      keyId: (keys.fingerprint ?? keys).current.id,
    });
    if (endpoint.loginIdentity === name.id) return 'prints';
    return moveLogin(db, { orgId, endpointId, from: endpoint.loginIdentity, to: name, leaseId: held.lease.id, actor: rotator.owner });
  });
}
