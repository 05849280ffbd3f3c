import { parsePayload, parseReference } from '@rcm/credentials';
import { passwordTries } from '@rcm/db/ledger';
import { accountOf, goesBy } from '@rcm/portal-access';
import type { RotatorProcess } from '../services.ts';
import { endpointOf } from './verify-login.ts';

/**
 * What a portal said last of the password that the store holds now, whoever tried it and as which version: no login is spent, and nobody is kept from it meanwhile. `null`:
 * nobody knows, or the secret lies nowhere or names another account than its row. A refusal that a person's word has cleared is none. Fails with `endpoint_unknown`,
 * `endpoint_retired`, `secret_missing` where the row names none, `payload_invalid`, `store_*`.
 */
export async function lastAnswer(
  { rotator, db }: Pick<RotatorProcess, 'rotator' | 'db'>,
  endpointId: string,
  signal: AbortSignal,
): Promise<'accepted' | 'refused' | null> {
  const endpoint = await endpointOf(rotator, endpointId);
  const { orgId, loginIdentity, secretArn } = endpoint;
  const current = await rotator.stores.forTenant(orgId).read(parseReference(secretArn), { signal });
  if (current === null) return null;
  const account = accountOf(rotator.keys, endpoint, parsePayload(current.text));
  if (!goesBy(account, loginIdentity)) return null;
  const { refusals, provedAt, refusedLastAt } = await passwordTries(db, { orgId, loginIdentity, fingerprints: account.fingerprints, since: new Date(0) });
  if (refusals > 0) return 'refused';
  return provedAt !== null && (refusedLastAt === null || refusedLastAt < provedAt) ? 'accepted' : null;
}
