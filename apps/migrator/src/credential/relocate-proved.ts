import { type NewPlace, parseReference } from '@rcm/credentials';
import { type EndpointRow, findEndpoint } from '@rcm/db';
import { isRcmError, RcmError } from '@rcm/telemetry';
import type { Migration } from '../migration.ts';
import { askLogin, type LoginAnswer, type LoginPatience } from './ask-login.ts';
import type { Why } from './move.ts';
import { type Relocated, relocateEndpoint } from './relocate.ts';

/** `moved_back`: the login was not accepted with what lies there, so the row names again what it named. `login`: how that went; `null`: none was asked for. */
export interface ProvedMove extends Omit<Relocated, 'is'> {
  readonly is: Relocated['is'] | 'moved_back';
  readonly login: LoginAnswer | null;
}

/**
 * Moves a login's secret and has a rotator log in once with what lies in the new place, inside the ledger's budget: whether the processes reach it, and the portal accepts it.
 * Where that is not so, or nobody can say, it is moved back to where its earlier versions lie. Fails as `relocateEndpoint` does; where it could not be moved back with
 * `state_conflict`, naming why.
 */
export async function relocateProved(
  migration: Migration,
  endpoint: EndpointRow,
  to: NewPlace,
  act: Why & { readonly patience?: LoginPatience | undefined },
): Promise<ProvedMove> {
  const { patience, ...why } = act;
  const moved = await relocateEndpoint(migration, endpoint, to, why);
  if (moved.is === 'already') return { ...moved, login: null };
  const login = await askLogin(migration, { endpointId: endpoint.id, orgId: endpoint.orgId, ...why }, patience);
  if (login.is === 'accepted') return { ...moved, login };
  await moveBack(migration, endpoint, why, login);
  return { ...moved, is: 'moved_back', login };
}

async function moveBack(migration: Migration, before: EndpointRow, { actor }: Why, login: Exclude<LoginAnswer, { is: 'accepted' }>): Promise<void> {
  const row = await findEndpoint(migration.db, { endpointId: before.id });
  if (!row || before.secretArn === null) return;
  try {
    await relocateEndpoint(migration, row, parseReference(before.secretArn), { actor, reason: `moved back: ${login.code}` });
  } catch (error) {
    const why = isRcmError(error) ? error.message : 'unexpected';
    throw new RcmError('state_conflict', `The login was moved, and was not accepted there (${login.code}: ${login.words}). It could not be moved back: ${why}`);
  }
}
